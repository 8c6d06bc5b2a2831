"""The load knows right answers from wrong ones."""

import json
import re
from datetime import datetime

import pytest

from loadtests import judging
from loadtests.cards import BAD, fresh, luhn
from loadtests.journeys import errors
from loadtests.judging import Answer, Question
from loadtests.orders import order
from loadtests.pacing import chance

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


# What terminals refuse, merchants see, and clients ask in vain


def refusal(code="EXPIRED_CARD", **changes):
    return payment(code=code, source="terminal", **changes)


def test_a_terminal_refuses_for_the_reason_that_there_is():
    judge = judging.declined(order(NUMBER, 5_000), "EXPIRED_CARD")

    assert judge(answer(refusal())) is None
    assert judge(answer(refusal("INACTIVE_POS")))
    assert judge(answer(payment()))
    assert judge(answer(refusal(), status=422))


def test_what_was_pending_is_decided_in_the_end():
    links = {"_links": {"self": {}, "events": {}}}
    waiting = payment(code=None, **links) | {"status": "pending"}
    judge = judging.decided(waiting)

    assert judge(answer(payment(), status=200)) is None
    assert judge(answer(waiting, status=200)).startswith("life: ")
    assert judge(answer(payment(amount=1), status=200))


def test_a_merchants_list_is_his_own():
    judge = judging.listed(2, of="M-01")

    assert judge(answer({"payments": [payment()]}, status=200)) is None
    strange = {"payments": [payment(merchant_id="M-02")]}
    assert judge(answer(strange, status=200)).startswith("stranger: ")


def seen(amount=15_000, source="bank", **changes):
    """As a merchant sees it, who may not see its events."""
    links = {"_links": {name: {} for name in ("self", "capture", "void")}}
    return payment(amount, source=source, **links | changes)


def view(**changes):
    return {
        "payment": seen(),
        "bank": {"approved": True},
        "fraud": {"status": "GREEN", "count": None},
        "events": None,
        "degraded": [],
        "why": {},
    } | changes


AWAY = {"degraded": ["bank"], "why": {"bank": "timeout"}}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"payment": seen(14_999)}, "order"),
        ({"payment": seen(status="pending")}, "life"),
        ({"payment": payment(15_000, source="bank")}, "links"),
        ({"bank": None}, "part"),
        ({"bank": {"approved": False}}, "decision"),
        ({"fraud": None}, "part"),
        ({"degraded": ["bank"]}, "part"),
        ({"fraud": {"status": "GREEN", "count": 3}}, "stranger"),
        ({"events": []}, "stranger"),
    ],
)
def test_a_view_tells_what_everybody_knows_or_that_it_is_away(change, reason):
    judge = judging.viewed(payment(15_000, source="bank"))

    assert judge(answer(view(), status=200)) is None
    assert judge(answer(view(bank=None, **AWAY), status=200)) is None
    assert judge(answer(view(**change), status=200)).startswith(f"{reason}: ")


def test_fraud_may_not_have_heard_yet_of_a_card_that_has_just_paid():
    paid_at = datetime.fromisoformat(payment()["created_at"]).timestamp()
    unheard = answer(view(fraud=None), status=200)

    soon = judging.viewed(seen(), lambda: paid_at + 0.1)
    late = judging.viewed(seen(), lambda: paid_at + 100)

    assert soon(unheard) is None
    assert soon(answer(view(), status=200)) is None
    assert late(unheard) == "part: fraud is missing and nobody says so"


def test_a_view_of_what_the_shop_decided_has_nothing_of_the_bank():
    judge = judging.viewed(payment())

    small = view(payment=seen(5_000, "floor_limit"), bank=None)
    assert judge(answer(small, status=200)) is None
    assert judge(answer(small, status=503))


def outcomes(count):
    counted = {"count": count, "amount": 100 * count}
    return {"currency": "EUR"} | dict.fromkeys(judging.composed.COUNTED, counted)


def dashboard(**changes):
    days = [{"day": f"2026-11-0{n}", "outcomes": outcomes(n)} for n in (2, 1)]
    return {
        "merchant_id": "M-01",
        "figures": {"days": days, "totals": [outcomes(3)]},
        "money": {},
        "latest": [payment()],
        "degraded": [],
        "why": {},
    } | changes


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"merchant_id": "M-02"}, "stranger"),
        ({"latest": [payment(merchant_id="M-02")]}, "stranger"),
        ({"latest": None}, "part"),
        ({"figures": None}, "part"),
        ({"figures": {"days": [], "totals": [outcomes(3)]}}, "amounts"),
    ],
)
def test_a_dashboard_is_the_merchants_own_and_adds_up(change, reason):
    judge = judging.dashboard("M-01", days=2)
    away = {"figures": None, "degraded": ["figures"], "why": {"figures": "away"}}

    assert judge(answer(dashboard(), status=200)) is None
    assert judge(answer(dashboard(**away), status=200)) is None
    assert judge(answer(dashboard(**change), status=200)).startswith(f"{reason}: ")
    assert judging.dashboard("M-01", days=1)(answer(dashboard(), status=200))


def test_a_balance_is_what_is_left():
    purse = {"captured": 100, "refunded": 10, "fees": 5, "settled": 40, "payable": 45}
    judge = judging.balance("M-01")

    def told(merchant="M-01", **changes):
        balances = [purse | changes]
        return answer({"merchant_id": merchant, "balances": balances}, status=200)

    assert judge(told()) is None
    assert judge(told(payable=55)).startswith("amounts: ")
    assert judge(told("M-02")).startswith("stranger: ")


ERRS = [(bad.name, *bad.right) for bad in errors.WAYS]


@pytest.mark.parametrize(("name", "status", "code"), ERRS)
def test_every_error_has_one_right_problem(name, status, code):
    (bad,) = (each for each in errors.WAYS if each.name == name)

    question = errors.asked(bad, chance(7, "malformed", 0))

    right = {"status": status, "code": code}
    assert question.judge(answer(right, status=status)) is None
    wrong = {"status": status, "code": "internal"}
    assert question.judge(answer(wrong, status=status)).startswith("problem: ")
    assert question.judge(answer(payment())).startswith("status: ")
    if question.raw:
        (number,) = re.findall(r"\b\d{16}\b", question.raw.decode())[:1]
        echoed = answer(right | {"detail": number}, status=status)
        assert question.judge(echoed).startswith("card: ")


def test_there_are_two_dozen_ways_to_err():
    assert len(errors.WAYS) >= 24
    assert len({bad.name for bad in errors.WAYS}) == len(errors.WAYS)


def test_an_answer_of_another_shape_is_wrong_and_none_is_silence():
    judge = judging.paid(order(NUMBER, 5_000))

    for odd in ({}, [], None, "text", {"processing_mode": 1}):
        verdict = judging.judged(judge, answer(odd))
        assert verdict.startswith("shape: "), verdict
    assert judging.judged(judge, Answer(0)) == "silence: no answer"


def test_a_refused_answer_says_which_problem_it_was():
    problem = answer({"code": "rate-limited", "status": 429}, status=429)

    assert judging.paid(order(NUMBER, 5_000))(problem) == (
        "status: 429 (rate-limited), not 201"
    )


def test_each_verdict_begins_with_its_reason():
    assert judging.wrong(judging.Reason.LIFE, "x") == "life: x"
    assert all(reason.isalpha() for reason in judging.Reason)
