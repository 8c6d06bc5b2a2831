"""Do the steps that are due: whatever finishes a payment after its answer.

Each step has a trace of its own, linked to the one in which it became due.
"""

import asyncio
from collections.abc import Collection
from typing import Final

from apps.kit.signals import trace_id

from .. import signals
from ..domain.sagas import EVERY_STEP, Step, retry_after
from ..ports import Attempt, BankRefuses, Ports
from .alone import alone
from .move import find
from .steps import STEPS

AT_ONCE: Final = 8
"""No more are claimed than are tried at once: a lease is not spent in a queue."""

ROUNDS: Final = 20
HERE: Final = frozenset({Step.CAPTURE, Step.FRAUD_VOID})
AT_BANK: Final = EVERY_STEP - HERE
"""A bank that hangs holds up these, and no others."""


async def finish(ports: Ports, steps: Collection[Step] = EVERY_STEP) -> int:
    """Try the steps that are due; how many were tried."""
    tried = 0
    for _ in range(ROUNDS):
        attempts = await ports.steps.due(AT_ONCE, steps)
        async with asyncio.TaskGroup() as group:
            for attempt in attempts:
                group.create_task(_attempt(attempt, ports))
        tried += len(attempts)
        if len(attempts) < AT_ONCE:
            break
    return tried


async def _attempt(attempt: Attempt, ports: Ports) -> None:
    """Try one step; a failure is told, and tried again later."""
    with alone(f"payments.{attempt.step}", attempt.traceparent):
        try:
            payment = await find(attempt.payment_id, ports)
            await STEPS[attempt.step](payment, ports)
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
