"""Merchants are paid once: what they are owed, less what they owe."""

import asyncio
import json
from dataclasses import replace
from uuid import UUID

import pytest

from apps.kit.events import event_id
from apps.kit.values import Cents
from apps.payments.domain.payment import Status
from apps.payments.domain.settlement import Batch, Debt, Repayment
from apps.payments.ports import BankRefuses
from apps.payments.store import ledger
from apps.payments.usecases import settle as settling_
from apps.payments.usecases.move import capture, refund, void
from apps.payments.usecases.settle import settle
from tests.fakes import ids, order
from tests.payments.fakes import FakePayments, sums
from tests.payments.paying import finished, fresh_key, paid

PAID_OUT = "pay.v1.merchant.settled"
BATCHES = "SELECT * FROM settlement_batch ORDER BY at, batch_id"


@pytest.fixture
def ports(either):
    return either


async def taken(ports, amount=15_000, part=None):
    """Captured, and the bank knows it, unless it is silent."""
    payment = await paid(order(amount), ports)
    await capture(payment.payment_id, part and Cents(part), fresh_key(), ports)
    await finished(ports)
    return payment


async def given_back(ports, payment, amount):
    await refund(payment.payment_id, Cents(amount), fresh_key(), ports)


async def states(ports, *payments):
    found = [await ports.store.payment(each.payment_id) for each in payments]
    return [(each.status, each.is_settled) for each in found]


async def batches(ports):
    """Gross, refunds, fees and net of each."""
    if isinstance(ports.store, FakePayments):
        return [
            (batch.gross, batch.refunds, batch.fees, batch.net)
            for batch in ports.store.batches
        ]
    async with ports.store.database.connection() as db:
        rows = await db.fetch(BATCHES)
    return [(row["gross"], row["refunds"], row["fees"], row["net"]) for row in rows]


async def balances(ports):
    async with ports.store.database.connection() as db:
        found = await ledger.balances(db)
    return {each.account: each.posted for each in found if each.posted}


def test_a_batch_adds_up():
    debts = [Debt(ids(), Cents(9_000), Cents(151)), Debt(ids(), Cents(10), Cents(10))]
    lost = Debt(ids(), Cents(100), Cents(27), is_lost=True)
    repaid = [Repayment(ids(), Cents(2_000)), Repayment(ids(), Cents(1))]
    gone = Repayment(ids(), Cents(50), is_lost=True)
    batch = Batch(ids(), "M-01", "EUR", [*debts, lost], [*repaid, gone])

    assert (batch.gross, batch.collected) == (9_110, 9_010 - 2_001)
    assert (batch.refunds, batch.fees) == (2_051, 188)
    assert batch.net == 9_110 - 2_051 - 188


async def test_what_was_captured_is_paid_out_once(ports, told):
    whole, part = await taken(ports), await taken(ports, part=9_000)
    held = await paid(order(15_000), ports)
    gone = await paid(order(15_000), ports)
    await void(gone.payment_id, fresh_key(), ports)

    assert await settle(ports) == 1
    assert await settle(ports) == 0

    assert await states(ports, whole, part) == [(Status.SETTLED, True)] * 2
    assert await states(ports, held, gone) == [
        (Status.AUTHORISED, False),
        (Status.VOIDED, False),
    ]
    assert await batches(ports) == [(24_000, 0, 235 + 151, 24_000 - 386)]
    assert told.counted("payments.settlements") == 1


async def test_what_was_given_back_before_is_taken_off(ports, told):
    part, whole = await taken(ports), await taken(ports)
    await given_back(ports, part, 5_000)
    await given_back(ports, whole, 15_000)

    await settle(ports)

    assert await states(ports, part, whole) == [
        (Status.PARTIALLY_REFUNDED, True),
        (Status.REFUNDED, True),
    ]
    assert await batches(ports) == [(30_000, 20_000, 470, 9_530)]


async def test_what_was_given_back_afterwards_is_taken_off_the_next(ports, told):
    payment = await taken(ports)
    await settle(ports)
    await given_back(ports, payment, 4_000)
    await given_back(ports, payment, 8_000)
    await taken(ports)

    assert await settle(ports) == 1
    assert await settle(ports) == 0

    assert await states(ports, payment) == [(Status.PARTIALLY_REFUNDED, True)]
    first, second = await batches(ports)
    assert first == (15_000, 0, 235, 14_765)
    assert second == (15_000, 12_000, 235, 2_765)


async def test_what_a_merchant_owes_waits_until_captures_cover_it(ports, told):
    payment = await taken(ports)
    await settle(ports)
    await given_back(ports, payment, 15_000)
    assert await settle(ports) == 0
    await taken(ports, part=5_000)
    assert await settle(ports) == 0

    await taken(ports)

    assert await settle(ports) == 1
    _, second = await batches(ports)
    assert second == (20_000, 15_000, 95 + 235, 4_670)
    assert told.counted("payments.settlements") == 2


async def test_so_many_captures_are_settled_at_once_as_cover_what_is_owed(
    ports, told, monkeypatch
):
    monkeypatch.setattr(settling_, "BATCH", 1)
    payment = await taken(ports)
    await settle(ports)
    for _ in range(4):
        await taken(ports, part=8_000)
    await given_back(ports, payment, 15_000)

    assert await settle(ports) == 3

    assert await batches(ports) == [
        (15_000, 0, 235, 14_765),
        (16_000, 15_000, 2 * 137, 726),
        (8_000, 0, 137, 7_863),
        (8_000, 0, 137, 7_863),
    ]


async def test_what_the_bank_has_not_spoken_on_is_not_paid_out(ports, bank, told):
    bank.silent = True
    payment = await taken(ports)
    await given_back(ports, payment, 1_000)

    assert await settle(ports) == 0
    bank.silent = False
    await finished(ports)
    assert await settle(ports) == 0
    await finished(ports)
    assert await settle(ports) == 1

    assert await batches(ports) == [(15_000, 1_000, 235, 13_765)]


async def test_what_the_bank_was_not_told_of_is_not_paid_out(ports, bank, told):
    payment = await paid(order(15_000), ports)
    bank.silent = True
    await capture(payment.payment_id, None, fresh_key(), ports)
    assert await settle(ports) == 0
    await finished(ports)
    assert await settle(ports) == 0

    bank.silent = False
    await finished(ports)

    assert await settle(ports) == 1
    assert set(bank.captured.values()) == {15_000}


async def test_what_the_bank_refused_to_capture_is_not_paid_out(
    ports, bank, told, monkeypatch
):
    async def refuses(authorisation_id, amount):
        raise BankRefuses("invalid-state")

    monkeypatch.setattr(bank, "capture", refuses)
    stuck = await taken(ports)

    assert await settle(ports) == 0
    assert await states(ports, stuck) == [(Status.CAPTURED, False)]


async def test_a_merchant_is_paid_what_the_bank_refused_to_us(ports, bank, told):
    bank.silent = True
    payment = await taken(ports)
    bank.silent, bank.approved = False, False
    await finished(ports)

    assert await settle(ports) == 1

    assert await states(ports, payment) == [(Status.SETTLED, True)]
    assert await batches(ports) == [(15_000, 0, 235, 14_765)]
    assert await ports.steps.imbalance() == 0


async def test_each_merchant_is_paid_for_himself(faked, told):
    await taken(faked)
    other = await taken(faked)
    row = faked.store.rows[other.payment_id]
    faked.store.rows[other.payment_id] = replace(row, merchant_id="M-02")

    assert await settle(faked) == 2

    assert {batch.merchant_id for batch in faked.store.batches} == {"M-01", "M-02"}
    assert sums(faked.store.booked) == 0


@pytest.mark.postgres
async def test_each_batch_is_announced_with_what_it_pays(real, told):
    payment = await taken(real)
    await settle(real)
    await given_back(real, payment, 4_000)
    await taken(real)
    await settle(real)

    async with real.store.database.connection() as db:
        kept = [dict(row) for row in await db.fetch(BATCHES)]
        rows = await db.fetch("SELECT * FROM outbox WHERE subject = $1", PAID_OUT)
    events_ = [json.loads(row["payload"]) for row in rows]
    nets = [event["data"]["net"] for event in events_]
    assert sorted(nets) == sorted(row["net"] for row in kept) == [10_765, 14_765]
    assert [UUID(event["id"]) for event in events_] == [
        event_id(UUID(event["data"]["batch_id"]), 1) for event in events_
    ]


@pytest.mark.postgres
async def test_many_at_once_pay_nobody_twice(real, told):
    payments = [await taken(real, 100 + n) for n in range(6)]
    await given_back(real, payments[0], 50)

    await asyncio.gather(*(settle(real) for _ in range(4)))

    assert await states(real, *payments[1:]) == [(Status.SETTLED, True)] * 5
    sums_ = [sum(column) for column in zip(*await batches(real), strict=True)]
    captured = sum(100 + n for n in range(6))
    fees = sum(-(-(100 + n) * 140 // 10_000) + 25 for n in range(6))
    assert sums_ == [captured, 50, fees, captured - 50 - fees]
    assert await real.steps.imbalance() == 0


@pytest.mark.postgres
async def test_while_merchants_are_paid_others_give_back(real, told):
    payments = [await taken(real, 10_000) for _ in range(4)]

    moves = [given_back(real, payment, 1_000) for payment in payments]
    await asyncio.gather(settle(real), *moves, settle(real), return_exceptions=True)
    await taken(real)
    await settle(real)

    found = [await real.store.payment(each.payment_id) for each in payments]
    totals = [sum(column) for column in zip(*await batches(real), strict=True)]
    refunded = sum(each.refunded for each in found)
    assert all(each.is_settled for each in found)
    gross, fees = 55_000, 4 * 165 + 235
    assert totals == [gross, refunded, fees, gross - refunded - fees]


@pytest.mark.postgres
async def test_when_all_is_paid_nobody_owes_anything(real, bank, told):
    """But for the house: its fees, and what it lost."""
    await taken(real)
    given = await taken(real)
    await given_back(real, given, 15_000)
    bank.silent = True
    confirmed, lost = await taken(real), await taken(real)
    await given_back(real, lost, 1_000)
    bank.silent = False
    confirms = bank.authorise

    async def refuses_one(payment, **rest):
        bank.approved = payment.payment_id == confirmed.payment_id
        return await confirms(payment, **rest)

    bank.authorise = refuses_one
    await finished(real)
    await finished(real)
    await given_back(real, lost, 4_000)
    await settle(real)

    fees, loss = 4 * 235, 15_000 - 1_000 - 4_000
    assert await balances(real) == {
        "settlement_cash": fees - loss,
        "fee_income": -fees,
        "standin_loss": loss,
    }


async def test_a_merchant_who_cannot_be_paid_keeps_no_other_from_it(faked, told):
    mine, other = await taken(faked), await paid(order(15_000, pos_id="POS-04"), faked)
    await capture(other.payment_id, None, fresh_key(), faked)
    await finished(faked)
    unsettled = faked.steps.unsettled

    async def fails(batch_id, merchant_id, currency, most):
        if merchant_id == mine.merchant_id:
            raise TimeoutError
        return await unsettled(batch_id, merchant_id, currency, most)

    faked.steps.unsettled = fails

    assert await settle(faked) == 1
    assert await states(faked, mine, other) == [
        (Status.CAPTURED, False),
        (Status.SETTLED, True),
    ]
    assert told.event("merchant.unsettled")["merchant.id"] == mine.merchant_id


async def test_what_is_captured_meanwhile_waits_for_the_next_time(faked, told):
    first = await taken(faked)
    settles = faked.steps.settle

    async def settled_as_another_comes(*what):
        await settles(*what)
        await taken(faked)

    faked.steps.settle = settled_as_another_comes

    assert await settle(faked) == 1
    assert (await states(faked, first)) == [(Status.SETTLED, True)]
