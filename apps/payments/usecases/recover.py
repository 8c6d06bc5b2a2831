"""Decide what nobody decided: orders left behind by a process or a deadline.

What was kept before the bank was asked says that there may be a hold. A caller who got
no answer has left: his payment is given up, and the bank lets go. A caller who was told
`pending` is owed the bank's word.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from apps.kit.signals import of_merchant, trace_id

from .. import signals
from ..domain.changes import (
    PaymentVoided,
    ReversalRequested,
    VoidReason,
    deciding,
)
from ..domain.idempotency import Answer, Claim
from ..domain.life import Life, let_go
from ..domain.payment import ConcurrentChange, Payment, Status
from ..domain.rules import Decision, Verdict, given_up, heed
from ..ports import BankSilent, Ports
from .alone import alone


async def recover(ports: Ports) -> None:
    """Decide what was left undecided for too long."""
    before = ports.clock() - ports.waits.abandoned
    for payment in await ports.steps.undecided(before, Status.RECEIVED):
        with alone("payments.recover", _traceparent(payment)):
            await _told(_give_up, payment, ports)


async def inquire(ports: Ports) -> None:
    """Ask the bank for its word on what is pending; while it is away, ask no more."""
    if ports.bank.room == 0:
        return
    before = ports.clock() - ports.waits.abandoned
    for payment in await ports.steps.undecided(before, Status.PENDING):
        is_there = True
        with alone("payments.inquire", _traceparent(payment)):
            is_there = await _told(_ask, payment, ports)
        if not is_there:
            return


async def expire(ports: Ports) -> None:
    """Let go of what was authorised so long ago that the bank is about to let go."""
    before = ports.clock() - ports.waits.held
    for payment in await ports.steps.expired(before):
        with alone("payments.expire", _traceparent(payment)):
            await _told(_expire, payment, ports)


async def _told(
    work: Callable[[Payment, Ports], Awaitable[None]], payment: Payment, ports: Ports
) -> bool:
    """False where the bank is away; whatever else goes wrong is told, and passes."""
    of_merchant(payment.merchant_id)
    try:
        await work(payment, ports)
    except BankSilent as silence:
        signals.bank_silent(payment, 0.0, silence.why)
        return not silence.is_away
    except Exception as fault:
        signals.left_alone(payment, fault)
        raise
    return True


async def _give_up(payment: Payment, ports: Ports) -> None:
    claim = await _taken(payment, ports)
    if claim:  # else somebody is at work on it
        await _decide(payment, given_up(), claim, ports)


async def _ask(payment: Payment, ports: Ports) -> None:
    said = await ports.bank.find(payment.payment_id)
    await _decide(payment, heed(said) if said else given_up(), None, ports)


async def _expire(payment: Payment, ports: Ports) -> None:
    life = Life(payment.payment_id, trace_id(), payment, "job:expiry")
    voided = PaymentVoided(ports.new_id(), VoidReason.EXPIRED)
    after = let_go(life, voided, "expired", ports.clock())
    if await _kept(life, None, None, ports):
        signals.voided(after, VoidReason.EXPIRED)


async def _decide(
    payment: Payment, decision: Decision, claim: Claim | None, ports: Ports
) -> None:
    life = Life(payment.payment_id, trace_id(), payment, "job:recovery")
    after = life.happens(deciding(decision), ports.clock())
    heard = decision.authorisation_id is not None
    if decision.verdict is Verdict.DECLINED and not heard:
        after = life.happens(ReversalRequested("given up"), ports.clock())
    answer = Answer(payment.payment_id, 201, ports.render(after, ports.caller))
    if await _kept(life, claim, answer, ports):
        signals.recovered(after, decision)


async def _taken(payment: Payment, ports: Ports) -> Claim | None:
    """The claim under which it was ordered, now ours; none if somebody holds it."""
    claim = await ports.steps.abandoned(payment.payment_id)
    if claim is None or claim.fence is None:
        return None
    fence = await ports.store.take_over(claim, claim.fence)
    return None if fence is None else replace(claim, fence=fence)


async def _kept(
    life: Life, claim: Claim | None, answer: Answer | None, ports: Ports
) -> bool:
    """False when something else happened to the payment meanwhile: so be it."""
    try:
        await ports.store.keep(life.flush(), claim, answer if claim else None)
    except ConcurrentChange:
        return False
    return True


def _traceparent(payment: Payment) -> str:
    """Its first trace; no span of it is known any more, so the trace itself is named."""
    return f"00-{payment.trace_id}-{payment.trace_id[:16]}-01"
