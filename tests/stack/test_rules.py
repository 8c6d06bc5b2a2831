"""The rules of a payment, seen from outside, and what the hearers make of it."""

import pytest

from native.backends import until
from tests.stack.cards import UNBRANDED, card, fresh_card
from tests.stack.stack import seen_for

ACCEPTED = ("authorised", "ACCEPTED", "00")
DENIED = ("declined", "AUTHORIZATION_DENIED", "61")

ORANGE_AT = 20
FLAGGED = "send pay.v1.fraud.card.flagged"

BOUNDARIES = [
    (10, ACCEPTED, "floor_limit"),
    (10_000, ACCEPTED, "floor_limit"),
    (10_001, ACCEPTED, "bank"),
    (40_000, ACCEPTED, "bank"),
    (40_001, DENIED, "bank"),
    (99_999_999, DENIED, "bank"),
]


def told(answer):
    assert answer.status_code == 201, answer.text
    body = answer.json()
    return body["status"], body["response_code"], body["network_code"]


@pytest.mark.parametrize(("amount", "verdict", "source"), BOUNDARIES)
def test_amounts_are_decided_by_whom_they_concern(stack, amount, verdict, source):
    answer = stack.gateway.pay(amount)

    assert told(answer) == verdict
    assert answer.json()["authorisation"]["source"] == source
    assert answer.json()["processing_mode"] == "STANDARD"
    assert (answer.json()["amount"], answer.json()["currency"]) == (amount, "EUR")


def test_a_till_that_is_not_in_use_declines(stack):
    answer = stack.gateway.pay(pos_id="POS-03")

    assert told(answer) == ("declined", "INACTIVE_POS", "58")


def test_a_card_of_no_brand_is_declined(stack):
    answer = stack.gateway.pay(card=card(fresh_card(UNBRANDED)))

    assert told(answer) == ("declined", "UNKNOWN_CARD_TYPE", "15")


def test_a_card_past_its_month_is_declined(stack):
    expired = {"number": fresh_card(), "expiry": "01/20"}

    assert told(stack.gateway.pay(card=expired)) == ("declined", "EXPIRED_CARD", "54")


def test_a_listed_card_is_declined(stack):
    listed = card("4485248221242242")

    answer = stack.gateway.pay(card=listed)

    assert told(answer) == ("declined", "BLACK_LISTED_CARD_NUMBER", "62")


@pytest.mark.parametrize("by", ["-", " "])
def test_a_card_is_the_same_however_it_is_written(stack, by):
    number = fresh_card()
    written = by.join((number[:4], number[4:8], number[8:12], number[12:]))

    plain = stack.gateway.pay(100, card=card(number)).json()["card"]
    grouped = stack.gateway.pay(100, card=card(written)).json()["card"]

    assert plain == grouped
    assert plain["last4"] == number[-4:]
    assert plain["brand"] == "MASTERCARD"


def test_a_payment_is_answered_again_as_it_was_decided(stack):
    paid = stack.gateway.pay()

    again = stack.gateway.payment(paid.json()["payment_id"])

    assert again == paid.json()
    assert paid.headers["Location"] == paid.json()["_links"]["self"]["href"]


def test_fraud_counts_each_decided_payment_of_a_card_once(stack):
    mine = card(fresh_card())
    amounts = (100, 25_000, 41_000)

    tokens = {stack.gateway.pay(n, card=mine).json()["card"]["token"] for n in amounts}

    (token,) = tokens
    until(lambda: stack.counted(token), lambda count: count == len(amounts))
    assert seen_for(1.5, lambda: stack.counted(token)) == [len(amounts)]


def test_a_card_refused_again_and_again_is_flagged_and_the_flag_is_announced(stack):
    mine = card(fresh_card())
    answers = [stack.gateway.pay(41_000, card=mine) for _ in range(ORANGE_AT)]
    token = answers[0].json()["card"]["token"]

    until(lambda: stack.counted(token), lambda count: count == ORANGE_AT)
    sent = until(
        lambda: stack.backends.tempo.trace(answers[-1].headers["Trace-Id"]),
        lambda spans: FLAGGED in {span.name for span in spans},
    )

    assert stack.ask("fraud", f"/fraud/cards/{token}")["status"] == "ORANGE"
    (flagged,) = [span for span in sent if span.name == FLAGGED]
    assert (flagged.service, flagged.kind) == ("fraud", "PRODUCER")
    assert not flagged.failed


@pytest.mark.parametrize(
    ("amount", "status"), [(25_000, "authorised"), (41_000, "declined")]
)
def test_the_back_office_shows_the_payment(stack, amount, status):
    paid = stack.gateway.pay(amount).json()

    view = until(
        lambda: stack.ask("backoffice", f"/payments/{paid['payment_id']}"),
        lambda view: view["status"] == status,
    )
    for name in (
        "payment_id",
        "pos_id",
        "merchant_id",
        "amount",
        "currency",
        "trace_id",
    ):
        assert view[name] == paid[name]
    assert (view["brand"], view["last4"]) == (
        paid["card"]["brand"],
        paid["card"]["last4"],
    )


@pytest.mark.parametrize(
    ("amount", "status"), [(25_000, "authorised"), (41_000, "declined")]
)
def test_the_merchant_is_told_once(stack, amount, status):
    paid = stack.gateway.pay(amount).json()

    def told():
        """What the merchant is told of the decision; more may follow it."""
        notices = stack.ask(
            "notifications", "/notifications", payment_id=paid["payment_id"]
        )
        return [each for each in notices if each["type"] == f"payment.{status}"]

    def delivered(notices):
        return bool(notices) and notices[0]["state"] == "delivered"

    notices = until(told, delivered)

    (notice,) = notices
    assert notice["merchant_id"] == paid["merchant_id"]
    assert [each["status"] for each in notice["attempts"]] == [204]
    assert seen_for(1, told) == [notices]
    (got,) = [
        each
        for each in stack.ask("notifications", "/demo/webhooks")
        if each["webhook_id"] == notice["event_id"]
    ]
    assert (got["signature"], got["deliveries"]) == ("valid", 1)
    assert got["content"]["data"]["status"] == status
