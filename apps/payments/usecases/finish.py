"""Do the steps that are due: whatever finishes a payment after its answer.

Each step has a trace of its own, linked to the one in which it became due.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import Final
from uuid import UUID

from apps.kit.signals import follow, trace_id

from .. import signals
from ..domain.changes import (
    Outcome,
    PaymentVoided,
    ReversalConfirmed,
    StandInReconciled,
    VoidReason,
)
from ..domain.life import Life
from ..domain.payment import (
    Payment,
    Reversal,
    StandIn,
    Status,
)
from ..domain.sagas import Step, retry_after
from ..ports import Attempt, BankRefuses, Ports
from .move import captured, find

AT_ONCE: Final = 8
BATCH: Final = 40


async def finish(ports: Ports) -> int:
    """Try every step that is due; how many were tried."""
    attempts = await ports.steps.due(BATCH)
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(attempt: Attempt) -> None:
        async with gate:
            await _attempt(attempt, ports)

    async with asyncio.TaskGroup() as group:
        for attempt in attempts:
            group.create_task(one(attempt))
    return len(attempts)


async def _attempt(attempt: Attempt, ports: Ports) -> None:
    """Try one step; a failure is told, and tried again later."""
    # What goes wrong is told inside, on the span; the other steps go on.
    with suppress(Exception), follow(f"payments.{attempt.step}", attempt.traceparent):
        try:
            payment = await find(attempt.payment_id, ports)
            await _STEPS[attempt.step](payment, ports)
            await ports.steps.succeeded(attempt, trace_id())
            signals.step_done(attempt)
        except BankRefuses as refusal:
            signals.step_refused(attempt, refusal.why)
            await ports.steps.gave_up(attempt, refusal.why, trace_id())
            raise
        except Exception as fault:
            signals.step_failed(attempt, fault)
            error, after = type(fault).__qualname__, retry_after(attempt.number)
            await ports.steps.failed(attempt, error, after, trace_id())
            raise


async def _capture(payment: Payment, ports: Ports) -> None:
    """Capture by itself what was to be captured automatically."""
    if payment.status is not Status.AUTHORISED:
        return
    life = Life(payment.payment_id, trace_id(), payment)
    fees = await ports.store.fees(payment.merchant_id)
    capture_id = ports.new_id()
    event = captured(payment, capture_id, payment.amount, fees)
    after = life.happens(event, ports.clock())
    await ports.store.keep(life.flush())
    signals.moved("capture", capture_id, payment.amount, after)


async def _bank_capture(payment: Payment, ports: Ports) -> None:
    """Tell the bank what was captured of its hold."""
    if payment.decision and payment.decision.authorisation_id:
        whose = payment.decision.authorisation_id
        await ports.bank.capture(whose, payment.captured)


async def _reversal(payment: Payment, ports: Ports) -> None:
    """Make the bank let go of what it may hold."""
    tombstone = await ports.bank.reverse(payment.payment_id, payment.status)
    await confirm_reversal(payment.payment_id, ports, tombstone=tombstone)


async def confirm_reversal(payment_id: UUID, ports: Ports, *, tombstone: bool) -> None:
    """The bank has let go; heard of it twice, it is kept once."""
    payment = await ports.store.payment(payment_id)
    if payment is None or payment.reversal is not Reversal.REQUESTED:
        return
    life = Life(payment_id, trace_id(), payment)
    life.happens(ReversalConfirmed(tombstone), ports.clock())
    await ports.store.keep(life.flush())
    signals.reversed_at_bank(payment, tombstone=tombstone)


async def _standin(payment: Payment, ports: Ports) -> None:
    """Ask the bank about what was accepted in its stead, and follow it."""
    if payment.standin is not StandIn.OPEN:
        return
    known = await ports.bank.find(payment.payment_id)
    answer = known or await ports.bank.authorise(payment)
    outcome = Outcome.CONFIRMED if known else Outcome.SUBMITTED
    if not answer.approved:
        outcome = Outcome.REJECTED
    life = Life(payment.payment_id, trace_id(), payment)
    whose = answer.authorisation_id if answer.approved else None
    after = life.happens(StandInReconciled(outcome, whose), ports.clock())
    if outcome is Outcome.REJECTED and after.status is Status.AUTHORISED:
        voided = PaymentVoided(ports.new_id(), VoidReason.STANDIN_REJECTED)
        after = life.happens(voided, ports.clock())
    await ports.store.keep(life.flush())
    signals.reconciled(after, outcome)


_STEPS: Final[Mapping[Step, Callable[[Payment, Ports], Awaitable[None]]]] = (
    MappingProxyType(
        {
            Step.CAPTURE: _capture,
            Step.BANK_CAPTURE: _bank_capture,
            Step.REVERSAL: _reversal,
            Step.STANDIN: _standin,
        }
    )
)
