"""Capture, void and refund: once per key, never more than there is."""

import asyncio
from dataclasses import replace
from uuid import UUID

import pytest

from apps.kit.values import Cents
from apps.payments.domain.changes import (
    PaymentCaptured,
    PaymentRefunded,
    PaymentVoided,
    ReversalRequested,
    VoidReason,
)
from apps.payments.domain.payment import ConcurrentChange, Reversal, Status
from apps.payments.domain.sagas import Step
from apps.payments.events import CAPTURED, REFUNDED, VOIDED
from apps.payments.idempotency import KeyReused
from apps.payments.usecases.again import Changed
from apps.payments.usecases.move import (
    AmountTooLarge,
    UnknownPayment,
    WrongState,
    capture,
    refund,
    void,
)
from tests.fakes import ids, order
from tests.payments.paying import fresh_key, paid

HELD = 15_000


@pytest.fixture
def ports(either):
    return either


@pytest.fixture
async def held(ports, told):
    """A payment that the bank holds money for."""
    return await paid(order(HELD), ports)


async def captured(payment, ports, amount=None):
    await capture(payment.payment_id, amount, fresh_key(), ports)
    return await ports.store.payment(payment.payment_id)


async def refunded(payment, ports, amount=None):
    await refund(payment.payment_id, amount, fresh_key(), ports)
    return await ports.store.payment(payment.payment_id)


async def voided(payment, ports):
    await void(payment.payment_id, fresh_key(), ports)
    return await ports.store.payment(payment.payment_id)


async def last_of(payment, ports):
    return [each.event for each in await ports.store.history(payment.payment_id)][-1]


@pytest.mark.parametrize(
    ("asked", "taken"), [(None, HELD), (1, 1), (10_000, 10_000), (HELD, HELD)]
)
async def test_what_was_authorised_is_captured_or_a_part(held, ports, asked, taken):
    payment = await captured(held, ports, asked)

    event = await last_of(payment, ports)
    assert (payment.status, payment.captured) == (Status.CAPTURED, taken)
    assert isinstance(event, PaymentCaptured)
    assert event.fee == min(taken, -(-taken * 140 // 10_000) + 25)


@pytest.mark.parametrize(
    ("asked", "given", "status"),
    [
        (None, HELD, Status.REFUNDED),
        (1, 1, Status.PARTIALLY_REFUNDED),
        (HELD, HELD, Status.REFUNDED),
    ],
)
async def test_what_was_captured_is_refunded_or_a_part(
    held, ports, asked, given, status
):
    payment = await refunded(await captured(held, ports), ports, asked)

    assert (payment.status, payment.refunded) == (status, given)
    assert isinstance(await last_of(payment, ports), PaymentRefunded)


async def test_refunds_add_up_to_what_was_captured(held, ports):
    payment = await captured(held, ports, 10_000)
    for amount in (4_000, 4_000):
        payment = await refunded(payment, ports, amount)

    with pytest.raises(AmountTooLarge) as refusal:
        await refunded(payment, ports, 2_001)
    assert (refusal.value.status, refusal.value.code) == (
        422,
        "amount-exceeds-authorised",
    )
    assert refusal.value.errors[0]["pointer"] == "/amount"
    assert (await refunded(payment, ports)).status is Status.REFUNDED


async def test_no_more_is_captured_than_was_authorised(held, ports):
    with pytest.raises(AmountTooLarge):
        await captured(held, ports, HELD + 1)

    assert await ports.store.payment(held.payment_id) == held


async def test_a_void_makes_the_bank_let_go(held, ports):
    payment = await voided(held, ports)

    history = [each.event for each in await ports.store.history(held.payment_id)]
    assert payment.status is Status.VOIDED
    assert payment.reversal is Reversal.REQUESTED
    assert history[-2].reason is VoidReason.MERCHANT
    assert isinstance(history[-1], ReversalRequested)
    assert (await ports.steps.ages())[Step.REVERSAL][0] == 1


async def test_what_the_shop_decided_alone_the_bank_need_not_let_go(ports, told):
    payment = await voided(await paid(order(100), ports), ports)

    assert (payment.status, payment.reversal) == (Status.VOIDED, None)
    assert await ports.steps.ages() == {}


DONE = {
    "authorised": [],
    "captured": [captured],
    "refunded": [captured, refunded],
    "voided": [voided],
}
WRONG = [
    ("authorised", refund),
    ("captured", void),
    ("captured", capture),
    ("refunded", refund),
    ("refunded", capture),
    ("refunded", void),
    ("voided", capture),
    ("voided", refund),
    ("voided", void),
]


def asking(usecase, payment_id: UUID, key, ports, amount=None):
    if usecase is void:
        return void(payment_id, key, ports)
    return usecase(payment_id, amount, key, ports)


@pytest.mark.parametrize(("state", "usecase"), WRONG)
async def test_what_cannot_be_done_is_refused_for_ever(held, ports, state, usecase):
    """Also if it could be done later: the key has its answer."""
    payment = held
    for done in DONE[state]:
        payment = await done(payment, ports)
    key = fresh_key()

    with pytest.raises(WrongState) as refusal:
        await asking(usecase, payment.payment_id, key, ports)
    again = [await asking(usecase, payment.payment_id, key, ports) for _ in range(2)]

    assert (refusal.value.status, refusal.value.code) == (409, "invalid-state")
    assert {each.status for each in again} == {409}
    assert again[0].body == again[1].body
    assert b"invalid-state" in again[0].body
    assert await ports.store.payment(payment.payment_id) == payment


@pytest.mark.parametrize("usecase", [capture, void, refund])
async def test_asked_again_the_answer_is_repeated_to_the_byte(held, ports, usecase):
    payment = await captured(held, ports) if usecase is refund else held
    key = fresh_key()

    answers = [await asking(usecase, payment.payment_id, key, ports) for _ in range(3)]

    assert {answer.status for answer in answers} == {201}
    assert len({answer.body for answer in answers}) == 1
    assert [answer.first_at is None for answer in answers] == [True, False, False]
    now = await ports.store.payment(payment.payment_id)
    moved = 2 if usecase is void else 1  # with the void, the bank is asked to let go
    assert now.version == payment.version + moved


async def test_an_answer_is_repeated_after_the_payment_has_moved_on(held, ports):
    key = fresh_key()
    first = await capture(held.payment_id, None, key, ports)
    await refunded(held, ports)

    assert (await capture(held.payment_id, None, key, ports)).body == first.body


@pytest.mark.parametrize(
    ("usecase", "before", "kind"),
    [(capture, [], PaymentCaptured), (refund, [captured], PaymentRefunded)],
)
async def test_a_key_used_for_another_amount_is_refused(
    held, ports, usecase, before, kind
):
    for done in before:
        await done(held, ports)
    key = fresh_key()
    await asking(usecase, held.payment_id, key, ports, Cents(100))

    for other in (Cents(101), None):
        with pytest.raises(KeyReused):
            await asking(usecase, held.payment_id, key, ports, other)
    events = [each.event for each in await ports.store.history(held.payment_id)]
    assert [each.amount for each in events if isinstance(each, kind)] == [100]


async def test_one_key_serves_each_kind_of_movement_once(held, ports):
    key = fresh_key()
    await capture(held.payment_id, None, key, ports)
    await refund(held.payment_id, None, key, ports)

    payment = await ports.store.payment(held.payment_id)
    assert payment.status is Status.REFUNDED


async def test_a_refusal_of_an_amount_is_repeated_too(held, ports):
    key = fresh_key()
    with pytest.raises(AmountTooLarge):
        await capture(held.payment_id, Cents(HELD + 1), key, ports)

    again = await capture(held.payment_id, Cents(HELD + 1), key, ports)

    assert again.status == 422
    assert b"amount-exceeds-authorised" in again.body


@pytest.mark.parametrize("usecase", [capture, void, refund])
async def test_what_is_not_there_is_not_moved(ports, told, usecase):
    with pytest.raises(UnknownPayment):
        await asking(usecase, ids(), fresh_key(), ports)


async def test_two_clerks_at_once_capture_once(held, ports):
    clerks = [captured(held, ports) for _ in range(3)]

    answers = await asyncio.gather(*clerks, return_exceptions=True)

    refused = [each for each in answers if isinstance(each, WrongState)]
    assert len(refused) == 2
    assert (await ports.store.payment(held.payment_id)).captured == HELD


async def test_one_clerk_twice_at_once_hears_one_answer(held, ports):
    key = fresh_key()
    tries = [void(held.payment_id, key, ports) for _ in range(3)]

    answers = await asyncio.gather(*tries)

    assert len({answer.body for answer in answers}) == 1
    events = [each.event for each in await ports.store.history(held.payment_id)]
    assert sum(isinstance(each, PaymentVoided) for each in events) == 1


async def test_whoever_is_always_too_late_is_told_to_come_again(held, faked, told):
    payment = await paid(order(HELD), faked)

    async def too_late(*_):
        raise ConcurrentChange

    faked.store.keep = too_late
    with pytest.raises(Changed):
        await capture(payment.payment_id, None, fresh_key(), faked)


async def test_what_is_done_is_announced_and_told(faked, told):
    payment = await paid(order(HELD), faked)
    other = await paid(order(HELD), faked)
    await refunded(await captured(payment, faked, 10_000), faked, 4_000)
    await voided(other, faked)

    events = {event.type: event.data for event in faked.store.events}
    assert events[CAPTURED].captured == 10_000
    assert events[CAPTURED].fee == 165
    assert (events[REFUNDED].refunded, events[REFUNDED].refunded_total) == (
        4_000,
        4_000,
    )
    assert events[VOIDED].reason == "merchant"
    booked = {transfer.transfer_id for transfer in faked.store.booked}
    assert {events[CAPTURED].ledger_tx, events[REFUNDED].ledger_tx} <= booked
    for kind in ("capture", "refund", "void"):
        assert told.counted("payments.movements", movement_kind=kind) == 1
    assert await faked.steps.imbalance() == 0


async def test_a_stale_view_is_refused_only_after_a_second_look(faked, told):
    """The first look is overtaken; what the second one shows is what counts."""
    payment = await paid(order(HELD), faked)
    read, views = faked.store.payment, [payment, payment]

    async def stale(payment_id):
        return views.pop() if views else await read(payment_id)

    await captured(payment, faked)
    await refunded(payment, faked, 1_000)
    faked.store.payment = stale
    views[:] = [replace(await read(payment.payment_id), refunded=Cents(0), version=4)]

    answer = await refund(payment.payment_id, Cents(1_000), fresh_key(), faked)

    assert answer.status == 201
    assert (await read(payment.payment_id)).refunded == 2_000
