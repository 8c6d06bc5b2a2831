"""Deciding an order: by the rules, by the bank, or in its stead."""

from dataclasses import replace

import pytest

from apps.kit import deadlines
from apps.kit.values import Cents, Cvv, Pan
from apps.payments.domain.changes import AuthorisationRequested, PaymentReceived
from apps.payments.domain.orders import UNCHECKED, CaptureMethod, Screening
from apps.payments.domain.payment import Reversal, StandIn, Status
from apps.payments.domain.rules import Mode, Reason, Source, Verdict
from apps.payments.events import AUTHORISED, DECLINED, RECEIVED
from apps.payments.usecases.move import UnknownPayment, find
from apps.payments.usecases.pay import (
    CurrencyNotTaken,
    InvalidCardNumber,
    ReferenceTaken,
    UnknownPointOfSale,
    pay,
)
from tests.fakes import PAN, ids, order
from tests.payments.fakes import Died
from tests.payments.paying import (
    automatic,
    finished,
    fresh_key,
    hurried,
    manual,
    paid,
)


async def test_a_small_payment_is_kept_and_announced_without_the_bank(
    ports, store, bank, told
):
    payment = await paid(order(amount=10_000), ports)

    (event,) = store.events
    assert bank.asked == []
    assert await find(payment.payment_id, ports) == payment
    assert event.type == AUTHORISED
    assert event.data.payment_id == payment.payment_id


async def test_the_bank_is_asked_under_the_payments_own_id(ports, bank, told):
    payment = await paid(order(amount=10_001), ports)

    assert bank.asked == [payment.payment_id]
    assert payment.decision.source is Source.BANK
    assert told.counted("payments.bank.wait", bank_outcome="answered") == 1


async def test_a_refusal_is_announced_too(ports, store, bank, told):
    bank.approved = False

    payment = await paid(order(amount=10_001), ports)

    assert payment.decision.verdict is Verdict.DECLINED
    assert [event.type for event in store.events] == [RECEIVED, DECLINED]


@pytest.mark.parametrize(
    ("amount", "verdict"), [(19_999, Verdict.AUTHORISED), (20_000, Verdict.DECLINED)]
)
async def test_a_silent_bank_is_stood_in_for_and_the_silence_is_named(
    ports, bank, told, amount, verdict
):
    bank.silent = True

    payment = await paid(order(amount), ports)

    assert payment.decision.verdict is verdict
    assert payment.decision.mode is Mode.FALLBACK
    assert told.event("bank.silent")["bank.silence"] == "ConnectError"
    assert told.counted("payments.bank.wait", bank_outcome="silent") == 1


async def test_an_inactive_terminal_is_an_answer(ports, told):
    payment = await paid(order(pos_id="POS-03"), ports)

    assert payment.decision.reason is Reason.INACTIVE_POS


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"pos_id": "POS-99"}, UnknownPointOfSale),
        ({"pan": Pan("5204460010000008")}, InvalidCardNumber),
    ],
)
async def test_what_cannot_be_a_payment_is_none_and_nothing_is_kept(
    ports, store, told, wrong, problem
):
    with pytest.raises(problem):
        await paid(order(**wrong), ports)

    assert store.histories == {}
    assert store.events == []
    assert told.counted("payments.decisions") == 0


async def test_a_card_has_one_token_however_often_it_pays(ports, told):
    first, second = [await paid(order(), ports) for _ in range(2)]

    assert first.card == second.card
    assert first.payment_id != second.payment_id


async def test_a_decision_is_told_alike_on_span_log_and_metric(ports, told):
    payment = await paid(order(amount=15_000), ports)

    made, line = told.span("payments.pay"), told.event("payment.decided")
    assert (
        made.attributes["payment.id"] == line["payment.id"] == str(payment.payment_id)
    )
    assert line["payment.verdict"] == "authorised"
    assert told.counted("payments.decisions", payment_reason="ACCEPTED") == 1
    assert payment.trace_id == line["trace_id"]
    assert PAN.digits not in told.everything()


async def test_an_unknown_payment_is_not_found(ports, told):
    with pytest.raises(UnknownPayment):
        await find(ids(), ports)


async def test_that_the_bank_will_be_asked_is_kept_before_it_is(
    ports, store, bank, told
):
    seen = []

    async def authorise(payment, **_rest):
        history = await store.history(payment.payment_id)
        seen.extend(type(each.event) for each in history)
        raise Died  # the process dies while the bank thinks

    bank.authorise = authorise
    with pytest.raises(Died):
        await paid(order(amount=15_000), ports)

    (payment_id,) = store.histories
    assert seen == [PaymentReceived, AuthorisationRequested]
    assert (await find(payment_id, ports)).status is Status.RECEIVED
    assert [event.type for event in store.events] == [RECEIVED]


async def test_a_payment_that_the_shop_decides_is_kept_in_one_go(ports, store, told):
    kept = []
    keep = store.keep

    async def counted(*args):
        kept.append(args)
        await keep(*args)

    store.keep = counted
    await paid(order(amount=100), ports)

    assert len(kept) == 1


async def test_a_blocked_card_pays_nothing(ports, store, told):
    card = (await paid(order(), ports)).card
    await store.block(card, "stolen")

    payment = await paid(order(), ports)

    assert payment.decision.reason is Reason.BLACK_LISTED_CARD_NUMBER


@pytest.mark.parametrize("amount", [100, 15_000])
async def test_a_card_that_looks_bad_is_declined_before_the_bank_is_asked(
    ports, bank, fraud, told, amount
):
    fraud.screening = Screening("RED", checked=True)

    payment = await paid(order(amount), ports)

    assert payment.decision.reason is Reason.FRAUD_SUSPECTED
    assert payment.decision.network_code == "59"
    assert payment.decision.source is Source.FRAUD
    assert payment.fraud == fraud.screening
    assert bank.asked == []
    assert told.counted("payments.screenings", card_status="RED") == 1


@pytest.mark.parametrize("screening", [UNCHECKED, Screening("ORANGE", checked=True)])
@pytest.mark.parametrize("amount", [100, 15_000])
async def test_where_fraud_does_not_object_a_payment_goes_on_and_says_what_it_knew(
    ports, fraud, told, amount, screening
):
    fraud.screening = screening

    payment = await paid(order(amount), ports)

    assert payment.status is Status.AUTHORISED
    assert payment.fraud == screening
    assert told.event("payment.decided")["fraud.checked"] is screening.checked


async def test_fraud_is_not_asked_about_what_is_refused_anyway(ports, fraud, told):
    await paid(order(pos_id="POS-03"), ports)

    assert fraud.asked == []


async def test_a_currency_that_the_merchant_does_not_take_is_refused(
    ports, store, told
):
    with pytest.raises(CurrencyNotTaken) as refusal:
        await paid(replace(order(), currency="USD"), ports)

    assert refusal.value.status == 422
    assert refusal.value.errors == [
        {"pointer": "/currency", "code": "CURRENCY_NOT_TAKEN"}
    ]
    assert store.histories == {}


@pytest.mark.parametrize(
    ("asked", "habit", "capture"),
    [
        (None, CaptureMethod.AUTOMATIC, CaptureMethod.AUTOMATIC),
        (None, CaptureMethod.MANUAL, CaptureMethod.MANUAL),
        (CaptureMethod.MANUAL, CaptureMethod.AUTOMATIC, CaptureMethod.MANUAL),
        (CaptureMethod.AUTOMATIC, CaptureMethod.MANUAL, CaptureMethod.AUTOMATIC),
    ],
)
async def test_the_order_says_how_it_is_captured_or_else_the_merchant(
    ports, store, told, asked, habit, capture
):
    known = store.terminal

    async def terminal(pos_id):
        return replace(await known(pos_id), capture=habit)

    store.terminal = terminal
    payment = await paid(replace(order(), capture=asked), ports)

    assert payment.capture is capture


async def test_a_card_is_stood_in_for_three_times_a_day(ports, bank, clock, told):
    bank.silent = True
    payments = [await paid(order(15_000), ports) for _ in range(4)]

    last = payments.pop()
    assert {each.standin for each in payments} == {StandIn.OPEN}
    assert (last.decision.reason, last.decision.network_code) == (
        Reason.AMOUNT_EXCEEDED,
        "91",
    )
    assert (last.decision.mode, last.decision.source) == (
        Mode.FALLBACK,
        Source.DELEGATION,
    )
    assert (last.standin, last.reversal) == (None, Reversal.REQUESTED)
    assert told.event("standin.caps_reached")["payment.id"] == str(last.payment_id)

    other = await paid(order(15_000, pan=Pan("4111111111111111")), ports)
    clock.passes(hours=24, seconds=1)
    tomorrow = await paid(order(15_000), ports)
    assert other.standin is tomorrow.standin is StandIn.OPEN


async def test_what_is_exposed_in_all_has_an_end(ports, bank, told):
    """Payments of other cards, so large a sum that one more does not fit."""
    bank.silent = True
    first = await paid(order(15_000), ports)
    row = ports.store.rows[first.payment_id]
    most = replace(row, amount=Cents(5_000_000 - 15_000))
    ports.store.rows[first.payment_id] = most

    fits = await paid(order(15_000), ports)
    refused = await paid(order(10_001), ports)

    assert fits.standin is StandIn.OPEN
    assert refused.decision.reason is Reason.AMOUNT_EXCEEDED
    assert refused.reversal is Reversal.REQUESTED


async def test_what_is_refused_in_the_banks_stead_the_bank_does_not_hold(
    ports, bank, told
):
    """It had heard, and only its answer came too late."""
    bank.late = True
    payment = await paid(order(25_000), ports)
    assert bank.holds == {payment.payment_id}
    bank.late = False

    payment = await finished(ports, payment)

    assert payment.status is Status.DECLINED
    assert payment.reversal is Reversal.CONFIRMED
    assert bank.holds == set()


async def test_a_reference_is_taken_once_and_that_it_is_is_the_answer(
    ports, store, told
):
    named, key = replace(order(15_000), merchant_reference="order-4711"), fresh_key()
    await pay(named, fresh_key(), ports)

    with pytest.raises(ReferenceTaken) as refusal:
        await pay(named, key, ports)
    again = await pay(named, key, ports)

    assert (refusal.value.status, refusal.value.code) == (409, "duplicate-reference")
    assert again.status == 409
    assert b"duplicate-reference" in again.body
    assert len(store.histories) == 1


async def test_the_verification_value_leaves_no_trace(ports, store, told):
    asked = replace(automatic(), cvv=Cvv("its-cvv"))

    answer = await pay(asked, fresh_key(), ports)
    await finished(ports)

    kept = (store.histories, store.rows, store.events, store.claims, store.booked)
    assert "its-cvv" not in f"{asked!r} {asked.cvv} {answer!r} {kept!r}"
    assert "its-cvv" not in told.everything()


async def test_another_verification_value_is_the_same_order(ports, store, told):
    """It is not kept, not even as a fingerprint: it cannot tell orders apart."""
    key = fresh_key()
    first = await pay(replace(order(), cvv=Cvv("7713")), key, ports)

    again = await pay(replace(order(), cvv=Cvv("1234")), key, ports)

    assert again.body == first.body


async def test_what_is_received_is_told_before_the_bank_is_asked(ports, store, told):
    payment = await paid(manual(15_000), ports)
    small = await paid(manual(100), ports)

    told_of = [(event.type, event.sequence) for event in store.events]
    assert told_of == [(RECEIVED, 1), (AUTHORISED, 3), (AUTHORISED, 2)]
    assert [event.data.payment_id for event in store.events] == [
        payment.payment_id,
        payment.payment_id,
        small.payment_id,
    ]


async def test_the_bank_is_given_no_more_time_than_the_caller_has(ports, bank, told):
    within = []
    authorise = bank.authorise

    async def timed(payment):
        within.append(deadlines.left_s())
        return await authorise(payment)

    bank.authorise = timed
    await hurried(order(15_000), fresh_key(), ports, 1.0)
    await hurried(order(15_000), fresh_key(), ports, 60.0)
    await pay(order(15_000), fresh_key(), ports)

    assert 0.5 < within[0] <= 1.0
    assert within[1:] == pytest.approx([2.0, 2.0], abs=0.1)
