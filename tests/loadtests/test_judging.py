"""The load knows right answers from wrong ones."""

import json

import pytest

from loadtests import judging
from loadtests.cards import BAD, fresh, luhn
from loadtests.judging import Answer, Question
from loadtests.orders import order

NUMBER = "5204460010000007"
BOUNDARIES = [
    (10_000, "STANDARD", "ACCEPTED", "floor_limit"),
    (10_001, "STANDARD", "ACCEPTED", "bank"),
    (40_000, "STANDARD", "ACCEPTED", "bank"),
    (40_001, "STANDARD", "AUTHORIZATION_DENIED", "bank"),
    (19_999, "FALLBACK", "ACCEPTED", "delegation"),
    (20_000, "FALLBACK", "AMOUNT_EXCEEDED", "delegation"),
]


def payment(amount=5_000, code="ACCEPTED", source="floor_limit", **changes):
    accepted = code == "ACCEPTED"
    status = "authorised" if accepted else "declined"
    links = ["self", "events"] + (["capture", "void"] if accepted else [])
    return {
        "payment_id": "0193-2",
        "merchant_id": "M-01",
        "pos_id": "POS-01",
        "card": {"last4": NUMBER[-4:]},
        "amount": amount,
        "currency": "EUR",
        "status": status,
        "response_code": code,
        "network_code": "00",
        "processing_mode": "STANDARD",
        "merchant_reference": None,
        "authorisation": {"source": source},
        "captured": 0,
        "refunded": 0,
        "created_at": "2026-11-22T03:04:05Z",
        "trace_id": "4bf9",
        "_links": {name: {} for name in links},
    } | changes


def answer(js, status=201, **headers):
    return Answer(status, json.dumps(js), js, headers)


@pytest.mark.parametrize(("amount", "mode", "code", "source"), BOUNDARIES)
def test_an_answer_by_the_rules_is_right_and_any_other_wrong(
    amount, mode, code, source
):
    judge = judging.paid(order(NUMBER, amount))

    given = payment(amount, code, source, processing_mode=mode)
    other = "bank" if source == "floor_limit" else "floor_limit"

    assert judge(answer(given)) is None
    assert judge(answer(given | {"authorisation": {"source": other}}))
    assert judge(answer(given, status=200))


@pytest.mark.parametrize(
    "change",
    [
        {"amount": 5_001},
        {"captured": 1},
        {"pos_id": "POS-02"},
        {"card": {"last4": "0015"}},
        {"merchant_reference": NUMBER},
        {"_links": {"self": {}, "events": {}}},
        {"_links": dict.fromkeys(("self", "events", "capture", "void", "refund"))},
    ],
)
def test_a_payment_is_kept_as_it_was_ordered(change):
    judge = judging.paid(order(NUMBER, 5_000))

    assert judge(answer(payment())) is None
    assert judge(answer(payment(**change)))


def test_nobody_is_suspected_before_he_gave_reason():
    suspected = answer(payment(code="FRAUD_SUSPECTED", source="fraud"))

    assert judging.paid(order(NUMBER, 5_000))(suspected)
    assert judging.paid(order(NUMBER, 5_000), suspect=True)(suspected) is None


def test_exposure_may_refuse_only_where_it_can_be_used_up():
    by = {"processing_mode": "FALLBACK", "source": "delegation"}
    refused = answer(payment(15_000, "AMOUNT_EXCEEDED", **by))

    assert judging.paid(order(NUMBER, 15_000), exposed=4_985_000)(refused)
    assert judging.paid(order(NUMBER, 15_000), exposed=4_985_001)(refused) is None


def test_without_an_answer_a_payment_is_pending():
    judge = judging.pending(order(NUMBER, 5_000))
    links = {"_links": {"self": {}, "events": {}}}
    waiting = payment(code=None, **links) | {"status": "pending"}

    assert judge(answer(waiting, status=202)) is None
    assert judge(answer(payment(), status=202))
    assert judge(answer(waiting))


def test_who_is_in_a_hurry_hears_a_right_answer_or_that_there_is_none_yet():
    judge = judging.hurried(order(NUMBER, 15_000))
    links = {"_links": {"self": {}, "events": {}}}
    waiting = payment(15_000, code=None, **links) | {"status": "pending"}
    decided = payment(15_000, source="bank")

    assert judge(answer(waiting, status=202)) is None
    assert judge(answer(decided)) is None
    assert judge(answer(payment(15_000)))  # the shop decides no such amount alone
    assert judge(answer({}, status=504)) == "status: 504, not 201"
    assert Answer(504).is_unknown  # and so it is asked again


def test_what_was_cut_off_in_a_hurry_is_asked_again_under_the_same_key_without():
    keyed = {"Idempotency-Key": "k" * 16}
    asked = Question("pay", "POST", "/", lambda _: None, keyed, {})

    first, *others = judging.tries(asked, 5, 180)

    assert first.headers == keyed | {"Request-Timeout-Ms": "180"}
    assert others == [asked] * 4
    assert list(judging.tries(asked, 2, None)) == [asked, asked]


def test_a_payment_read_back_has_only_gone_on():
    before = payment()
    judge = judging.shown(before)
    links = {"_links": {"self": {}, "events": {}, "refund": {}}}
    captured = before | {"status": "captured", "captured": 5_000} | links

    assert judge(answer(before, status=200)) is None
    assert judge(answer(captured, status=200)) is None
    assert judge(answer(before | {"status": "pending"}, status=200))
    assert judge(answer(before | {"response_code": None}, status=200))
    assert judging.shown(captured)(answer(before, status=200))


def test_a_movement_says_what_was_moved_and_what_is_left():
    judge = judging.moved("capture", 3_000, status="captured", captured=3_000)
    links = {"_links": {"self": {}, "events": {}, "refund": {}}}
    after = payment(status="captured", captured=3_000, **links)
    right = {"kind": "capture", "amount": 3_000, "payment": after}

    assert judge(answer(right)) is None
    assert judge(answer(right | {"amount": 2_999}))
    assert judge(answer(right | {"payment": after | {"captured": 5_000}}))


def test_a_repetition_is_the_same_to_the_byte_and_says_so():
    first = answer(payment())
    judge = judging.repeated(first)
    marked = {"idempotent-replayed": "true"}

    assert judge(Answer(201, first.text, None, marked)) is None
    assert judge(Answer(201, first.text))
    assert judge(Answer(201, first.text + " ", None, marked))


def test_a_problem_is_the_right_one_and_keeps_the_card_to_itself():
    judge = judging.refused(422, "validation-failed", secret=BAD)
    problem = {"code": "validation-failed", "status": 422}

    assert judge(answer(problem, status=422)) is None
    assert judge(answer(problem | {"code": "internal"}, status=422))
    assert judge(answer(problem | {"detail": BAD}, status=422))


def test_pages_go_from_new_to_old():
    def page(*ids):
        return answer({"payments": [{"payment_id": each} for each in ids]}, status=200)

    assert judging.listed(2)(page("3", "2")) is None
    assert judging.listed(2)(page("2", "3"))
    assert judging.listed(2)(page("3", "2", "1"))
    assert judging.listed(2, after="2")(page("1", "0")) is None
    assert judging.listed(2, after="2")(page("2", "1"))


def test_what_happened_is_told_without_gaps():
    def events(*seqs):
        told = [
            {"seq": seq, "type": "PaymentReceived", "data": {"amount": 5_000}}
            for seq in seqs
        ]
        return answer({"events": told}, status=200)

    assert judging.told(payment())(events(1, 2)) is None
    assert judging.told(payment())(events(1, 3))
    assert judging.told(payment(amount=1))(events(1, 2))


def test_only_asking_again_tells_what_became_of_silence():
    assert Answer(0).is_unknown
    assert Answer(503).is_unknown
    assert Answer(409, '{"code":"idempotency-in-flight"}').is_unknown
    assert not Answer(409, '{"code":"invalid-state"}').is_unknown


def test_fresh_cards_can_be():
    assert luhn(fresh())
    assert luhn(NUMBER)
    assert not luhn(BAD)
