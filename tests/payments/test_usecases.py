"""What payments can be asked to do."""

import pytest

from apps.kit.values import Pan
from apps.payments.domain.changes import AuthorisationRequested, PaymentReceived
from apps.payments.domain.payment import Status
from apps.payments.domain.rules import Mode, Reason, Source, Verdict
from apps.payments.events import AUTHORISED, DECLINED, RECEIVED
from apps.payments.usecases.move import UnknownPayment, find
from apps.payments.usecases.pay import InvalidCardNumber, UnknownPointOfSale
from tests.fakes import PAN, ids, order
from tests.payments.fakes import Died
from tests.payments.paying import paid


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
