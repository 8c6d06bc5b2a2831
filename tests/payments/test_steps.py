"""Steps that are due: whoever takes one has it, as long as he lives."""

import asyncio
from datetime import timedelta

import pytest

from apps.kit import audit
from apps.kit.forgetting import forget
from apps.kit.values import Cents
from apps.payments.domain.payment import StandIn, Status
from apps.payments.domain.sagas import Step
from apps.payments.store import sagas
from apps.payments.usecases.move import capture
from tests.fakes import order
from tests.payments.paying import automatic, finished, fresh_key, hurried, paid, run

LEASES_END = "UPDATE saga SET next_at = now() WHERE state = 'due'"
TRACE = "0" * 32
ALL = frozenset(Step)

pytestmark = pytest.mark.postgres


@pytest.fixture
def ports(real):
    return real


async def due(steps, most=10):
    return {
        attempt.payment_id: attempt.number for attempt in await steps.due(most, ALL)
    }


@pytest.fixture
async def waiting(ports, told):
    """Payments that are to be captured by themselves, and may be by now."""
    payments = [await paid(automatic(), ports) for _ in range(6)]
    await run(ports, LEASES_END)
    return {payment.payment_id for payment in payments}


async def test_what_is_not_due_yet_is_left_alone(ports, steps, told):
    await paid(automatic(), ports)

    assert await due(steps) == {}
    assert (await steps.ages())[Step.CAPTURE][0] == 1


async def test_two_workers_never_have_the_same_step(steps, waiting):
    takes = await asyncio.gather(*(due(steps, 2) for _ in range(4)))

    taken = [payment_id for take in takes for payment_id in take]
    assert len(taken) == len(set(taken)) == 6
    assert set(taken) == waiting
    assert await due(steps) == {}


async def test_the_steps_of_the_dead_are_taken_over_and_counted(ports, steps, waiting):
    await due(steps)
    await run(ports, LEASES_END)

    assert await due(steps) == dict.fromkeys(waiting, 2)


async def test_a_step_that_is_done_is_never_due_again(ports, steps, waiting):
    first, *_ = attempts = await steps.due(10, ALL)
    await steps.succeeded([(first, TRACE)])
    for attempt in attempts[1:]:
        await steps.failed(attempt, "BankSilent", timedelta(seconds=30), TRACE)
    assert await due(steps) == {}

    await run(ports, LEASES_END)

    assert await due(steps) == dict.fromkeys(waiting - {first.payment_id}, 2)


async def test_each_try_is_noted(ports, steps, waiting):
    (attempt,) = await steps.due(1, ALL)
    await steps.failed(attempt, "BankSilent", timedelta(), TRACE)
    (again,) = [
        each
        for each in await steps.due(10, ALL)
        if each.payment_id == attempt.payment_id
    ]
    await steps.succeeded([(again, TRACE)])

    async with ports.store.database.connection() as db:
        notes = await db.fetch(
            "SELECT attempt, outcome, error FROM saga_step ORDER BY attempt"
        )
    assert [tuple(note) for note in notes] == [
        (1, "failed", "BankSilent"),
        (2, "done", None),
    ]


async def test_a_step_knows_the_trace_that_made_it_due(ports, steps, waiting):
    attempts = await steps.due(10, ALL)

    for attempt in attempts:
        payment = await ports.store.payment(attempt.payment_id)
        assert attempt.traceparent.split("-")[1] == payment.trace_id


async def test_what_is_undecided_or_held_too_long_is_found(
    ports, steps, bank, clock, told
):
    pending = await paid_late(ports)
    held = await paid(order(15_000), ports)
    taken = await paid(order(15_000), ports)
    await capture(taken.payment_id, None, fresh_key(), ports)
    before = clock() + timedelta(seconds=1)
    clock.passes(minutes=1)
    fresh = await paid(order(15_000), ports)

    found = await steps.undecided(before, Status.PENDING)
    assert [each.payment_id for each in found] == [pending]
    assert await steps.undecided(before, Status.RECEIVED) == []
    assert await steps.expired(before) == [held]
    voidable = await steps.authorised_with(held.card.token)
    assert voidable == [held, fresh]
    assert await steps.abandoned(pending) is None


async def paid_late(ports):
    answer = await hurried(order(15_000), fresh_key(), ports, 0.05)
    return answer.payment_id


async def test_what_counts_against_the_cap_is_told_as_exposure(
    ports, steps, bank, told
):
    """A capture of a part leaves the cap as it is: the bank may still hold it all."""
    bank.silent = True
    payment = await paid(order(15_000), ports)

    await capture(payment.payment_id, Cents(6_000), fresh_key(), ports)

    assert await steps.exposure() == 15_000


async def test_exposure_is_what_the_bank_has_not_spoken_on(ports, steps, bank, told):
    bank.silent = True
    payments = [await paid(order(15_000), ports) for _ in range(2)]
    assert {payment.standin for payment in payments} == {StandIn.OPEN}

    await capture(payments[0].payment_id, None, fresh_key(), ports)

    assert (await ports.store.payment(payments[0].payment_id)).status is Status.CAPTURED
    assert await steps.exposure() == 30_000
    assert await steps.imbalance() == 0


async def test_each_kind_of_step_is_taken_by_itself(steps, waiting):
    assert await steps.due(10, ALL - {Step.CAPTURE}) == []
    assert len(await steps.due(10, {Step.CAPTURE})) == 6


async def test_a_week_later_what_was_done_is_forgotten(ports, told):
    await paid(automatic(100), ports)
    await finished(ports)
    database = ports.store.database

    assert await forget(database, sagas.PURGE, sagas.KEPT_FOR) == 0
    await run(ports, "UPDATE saga SET progressed_at = now() - interval '8 days'")
    assert await forget(database, sagas.PURGE, sagas.KEPT_FOR) == 1

    async with database.connection() as db:
        assert await db.fetchval("SELECT count(*) FROM saga_step") == 0


async def test_who_has_a_stuck_step_tried_again_is_in_the_trail(ports, steps, waiting):
    """Once: a step that is not stuck leaves no row."""
    (attempt,) = await steps.due(1, ALL)
    await steps.gave_up(attempt, "NotHeld", TRACE)

    assert await steps.retry(attempt.payment_id, attempt.step, "ops")
    assert not await steps.retry(attempt.payment_id, attempt.step, "ops")

    async with ports.store.database.connection() as db:
        trail = await db.fetch(
            "SELECT actor, subject, result, facts FROM audit_event"
            " WHERE action = 'step.retry'"
        )
        assert await audit.first_break(db) is None
    assert [tuple(row) for row in trail] == [
        ("ops", str(attempt.payment_id), "due", '{"saga.step": "capture"}')
    ]


async def test_what_a_breaker_kept_back_is_no_attempt_and_due_once_the_bank_is_back(
    ports, steps, waiting
):
    attempt, *_ = await steps.due(10, ALL)
    await steps.postponed(attempt, "BreakerOpen", timedelta(hours=1))
    assert await steps.due(1, ALL) == []

    assert await steps.hasten(ALL) == 1

    (again,) = await steps.due(1, ALL)
    assert again.number == attempt.number == 1


async def test_what_is_being_tried_is_not_hastened(ports, steps, waiting):
    attempt, *_ = await steps.due(10, ALL)
    await steps.failed(attempt, "BankSilent", timedelta(), TRACE)
    await steps.due(1, ALL)

    assert await steps.hasten(ALL) == 0
    assert await steps.due(1, ALL) == []


async def test_what_was_put_off_after_a_failure_is_hastened_too(ports, steps, waiting):
    attempt, *_ = await steps.due(10, ALL)
    await steps.failed(attempt, "BankSilent", timedelta(hours=1), TRACE)

    assert await steps.hasten(frozenset({Step.REVERSAL})) == 0
    assert await steps.hasten(ALL) == 1

    assert [each.number for each in await steps.due(1, ALL)] == [2]
