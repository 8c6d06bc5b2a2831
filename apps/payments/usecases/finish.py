"""Do the steps that are due: whatever finishes a payment after its answer.

Each step has a trace of its own, linked to the one in which it became due.
"""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from datetime import timedelta
from typing import Final
from uuid import UUID

from apps.kit.signals import of_merchant, trace_id

from .. import signals
from ..domain.sagas import EVERY_STEP, Step, retry_after
from ..ports import Attempt, BankRefuses, BankSilent, Ports
from .alone import alone
from .move import find
from .screening import screened
from .steps import STEPS

AT_ONCE: Final = 8
"""No more are claimed than are tried at once: a lease is not spent in a queue."""

HERE_AT_ONCE: Final = 16
"""Of those that nobody outside is asked for: one question to fraud, one statement."""

ROUNDS: Final = 20
HERE: Final = frozenset({Step.CAPTURE, Step.FRAUD_VOID})
AT_BANK: Final = EVERY_STEP - HERE
"""A bank that hangs holds up these, and no others."""


Done = tuple[Attempt, str]
"""A step that is done, and the trace in which it was."""

NOBODYS: Final = UUID(int=0)
"""The id of no payment."""

POSTPONED_FOR: Final = timedelta(seconds=1)
"""What a breaker, say, kept from being tried is due again then: probes are wanted."""


async def finish_at_bank(ports: Ports) -> int:
    """Try what needs the bank; once it is back, what was put off is due at once."""
    if ports.bank.is_back:
        steps = await ports.steps.hasten(AT_BANK)
        ports.bank.welcomed()  # not before: it could fail
        signals.bank_back(steps)
    tried = await finish(ports, AT_BANK)
    if not tried:
        await _knock(ports)
    return tried


async def _knock(ports: Ports) -> None:
    """Ask the bank about nothing, while its breaker wants to know whether it is back."""
    for _ in range(ROUNDS):
        if not ports.bank.room:  # none is any number: it is known to be there
            return
        is_answered = False
        with alone("payments.knock", None):
            await ports.bank.find(NOBODYS)
            is_answered = True
        if not is_answered:
            return


async def finish(ports: Ports, steps: AbstractSet[Step] = EVERY_STEP) -> int:
    """Try the steps that are due; how many were tried."""
    tried = 0
    for _ in range(ROUNDS):
        most = _at_once(ports, steps)
        attempts = await ports.steps.due(most, steps) if most else []
        if done := await _try(attempts, await screened(attempts, ports)):
            await ports.steps.succeeded(done)
        tried += len(attempts)
        if len(attempts) < _full(steps):
            break
    return tried


async def _try(attempts: Sequence[Attempt], ports: Ports) -> list[Done]:
    """All at once, but the steps of one payment: each finds it as the last left it."""
    by_payment = defaultdict[UUID, list[Attempt]](list)
    for attempt in attempts:
        by_payment[attempt.payment_id].append(attempt)
    async with asyncio.TaskGroup() as group:
        tries = [
            group.create_task(_in_turn(all_, ports)) for all_ in by_payment.values()
        ]
    return [done for one in tries for done in one.result()]


async def _in_turn(attempts: Sequence[Attempt], ports: Ports) -> list[Done]:
    first, *rest = attempts
    tried = [await _attempt(first, ports)]
    tried += [await _attempt(each, ports, as_it_was=False) for each in rest]
    return [done for done in tried if done]


def _at_once(ports: Ports, steps: AbstractSet[Step]) -> int:
    """No more than the bank would hear now: none is claimed to be put off."""
    room = None if steps <= HERE else ports.bank.room
    return _full(steps) if room is None else min(room, AT_ONCE)


def _full(steps: AbstractSet[Step]) -> int:
    return HERE_AT_ONCE if steps <= HERE else AT_ONCE


async def _attempt(
    attempt: Attempt, ports: Ports, *, as_it_was: bool = True
) -> Done | None:
    """Try one step: if it is done, in which trace. A failure is tried again later."""
    with alone(f"payments.{attempt.step}", attempt.traceparent):
        try:
            payment = attempt.payment
            if not as_it_was:
                payment = await find(attempt.payment_id, ports)
            of_merchant(payment.merchant_id)
            await STEPS[attempt.step](payment, ports)
            signals.step_done(attempt)
            return attempt, trace_id()
        except BankRefuses as refusal:
            signals.step_refused(attempt, refusal.why)
            await ports.steps.gave_up(attempt, refusal.why, trace_id())
            raise
        except Exception as fault:
            if isinstance(fault, BankSilent) and not fault.was_asked:
                signals.step_postponed(attempt, fault.why)
                await ports.steps.postponed(attempt, fault.why, POSTPONED_FOR)
                return None
            await _failed(attempt, fault, ports)
            raise
    return None


async def _failed(attempt: Attempt, fault: Exception, ports: Ports) -> None:
    signals.step_failed(attempt, fault)
    error, after = type(fault).__qualname__, retry_after(attempt.number)
    await ports.steps.failed(attempt, error, after, trace_id())
