"""What becomes of payments after their answer, on the real servers, saga by saga."""

import uuid

import pytest

from native.backends import until
from tests.stack.cards import card, fresh_card

MANUAL = {"capture": "manual"}


def statuses(stack, payment_id):
    return stack.gateway.payment(payment_id)["status"]


def events(stack, payment_id):
    """What happened to a payment, by type."""
    answer = stack.gateway.get(f"/api/v1/payments/{payment_id}/events").json()
    return {event["type"]: event for event in answer["events"]}


def paid(stack, amount=15_000, **changes):
    answer = stack.gateway.pay(amount, **{"card": card(fresh_card()), **changes})
    assert answer.status_code == 201, answer.text
    return answer.json()


def move(stack, payment, what, **body):
    answer = stack.gateway.send(
        path=f"/api/v1/payments/{payment['payment_id']}/{what}", json=body
    )
    return answer.status_code, answer.json()


def hold(stack, payment_id):
    return stack.ask("bank", "/authorisations", request_id=payment_id)["hold_state"]


def comes(stack, payment, status, within=30):
    until(
        lambda: statuses(stack, payment["payment_id"]),
        lambda seen: seen == status,
        within=within,
    )


def test_what_is_captured_automatically_is_captured_here_and_at_the_bank(stack):
    payment = paid(stack)

    comes(stack, payment, "captured")
    until(lambda: hold(stack, payment["payment_id"]), lambda held: held == "captured")
    captured = events(stack, payment["payment_id"])["PaymentCaptured"]
    assert captured["data"]["amount"] == 15_000
    assert captured["data"]["fee"] == 15_000 * 140 // 10_000 + 25


def test_a_later_trace_is_linked_to_the_payments_own(stack):
    payment = paid(stack)
    comes(stack, payment, "captured")
    later = events(stack, payment["payment_id"])["PaymentCaptured"]["trace_id"]

    (step,) = until(
        lambda: [
            span
            for span in stack.backends.tempo.trace(later)
            if span.name == "payments.capture"
        ],
        within=20,
    )
    assert later != payment["trace_id"]
    assert payment["trace_id"] in {link.trace for link in step.links}
    assert step.attributes["payment.id"] == payment["payment_id"]


def test_merchants_capture_a_part_and_give_some_of_it_back(stack):
    payment = paid(stack, **MANUAL)

    captured = move(stack, payment, "captures", amount=10_000)
    refunded = move(stack, payment, "refunds", amount=4_000)
    too_much = move(stack, payment, "refunds", amount=6_001)
    rest = move(stack, payment, "refunds")

    assert captured[0] == refunded[0] == rest[0] == 201
    assert refunded[1]["payment"]["status"] == "partially_refunded"
    assert too_much[0] == 422
    assert too_much[1]["code"] == "amount-exceeds-authorised"
    assert rest[1]["amount"] == 6_000
    assert rest[1]["payment"]["status"] == "refunded"


def test_a_void_makes_the_bank_let_go(stack):
    payment = paid(stack, **MANUAL)

    status, _ = move(stack, payment, "voids")

    assert status == 201
    assert move(stack, payment, "captures")[1]["code"] == "invalid-state"
    until(lambda: hold(stack, payment["payment_id"]), lambda held: held == "reversed")
    until(lambda: "ReversalConfirmed" in events(stack, payment["payment_id"]))


def test_a_reference_names_one_payment(stack):
    reference = f"order-{uuid.uuid4().hex[:12]}"
    paid(stack, merchant_reference=reference)

    again = stack.gateway.pay(100, merchant_reference=reference)

    assert (again.status_code, again.json()["code"]) == (409, "duplicate-reference")


def test_a_card_that_turns_red_pays_nothing_any_more(stack):
    mine = card(fresh_card())
    waiting = paid(stack, card=mine, **MANUAL)
    for _ in range(40):
        stack.gateway.pay(50_000, card=mine)

    comes(stack, waiting, "voided", within=60)
    refused = paid(stack, 5_000, card=mine)

    voided = events(stack, waiting["payment_id"])
    assert voided["PaymentVoided"]["data"]["reason"] == "fraud"
    assert (refused["response_code"], refused["network_code"]) == (
        "FRAUD_SUSPECTED",
        "59",
    )
    assert refused["fraud"] == {"status": "RED", "checked": True}
    until(lambda: hold(stack, waiting["payment_id"]), lambda held: held == "reversed")


@pytest.fixture
def unheard(stack):
    """Payments that were decided while the bank was away."""
    with stack.without("bank"):
        accepted = paid(stack, 15_000)
        declined = paid(stack, 25_000)
    return accepted, declined


def test_what_was_accepted_in_the_banks_stead_is_put_to_it(stack, unheard):
    accepted, declined = unheard

    until(
        lambda: events(stack, accepted["payment_id"]),
        lambda seen: "StandInReconciled" in seen,
        within=60,
    )
    until(
        lambda: events(stack, declined["payment_id"]),
        lambda seen: "ReversalConfirmed" in seen,
        within=60,
    )
    comes(stack, accepted, "captured")
    until(
        lambda: hold(stack, accepted["payment_id"]),
        lambda held: held == "captured",
        within=60,
    )
    assert hold(stack, declined["payment_id"]) == "tombstone"


def test_a_card_is_trusted_three_times_while_the_bank_is_away(stack):
    mine = card(fresh_card())
    with stack.without("bank"):
        answers = [paid(stack, 15_000, card=mine) for _ in range(4)]

    codes = [answer["response_code"] for answer in answers]
    assert codes == ["ACCEPTED"] * 3 + ["AMOUNT_EXCEEDED"]


def test_merchants_are_paid_out(stack):
    payment = paid(stack)

    comes(stack, payment, "settled", within=90)

    settled = events(stack, payment["payment_id"])["PaymentSettled"]["data"]
    assert settled["net"] == settled["gross"] - settled["fee"]


def test_fraud_that_is_away_costs_no_payment(stack):
    with stack.without("fraud"):
        payment = paid(stack, 5_000)

    assert payment["status"] == "authorised"
    assert payment["fraud"] == {"status": None, "checked": False}
