"""Decide what nobody decided: orders left behind by a process or a deadline.

What was kept before the bank was asked says that there may be a hold. A caller who got
no answer has left: his payment is given up, and the bank lets go. A caller who was told
`pending` is owed the bank's word.
"""

from apps.kit.signals import follow, trace_id

from .. import signals
from ..domain.changes import (
    PaymentVoided,
    ReversalRequested,
    VoidReason,
    deciding,
)
from ..domain.idempotency import Answer, Claim
from ..domain.life import Life
from ..domain.payment import ConcurrentChange, Payment, Status
from ..domain.rules import Decision, Verdict, given_up, heed
from ..ports import BankRefuses, BankSilent, Ports


async def recover(ports: Ports) -> None:
    """Decide every payment that was left undecided for too long."""
    now = ports.clock()
    for payment in await ports.steps.undecided(now - ports.waits.abandoned):
        with follow("payments.recover", _traceparent(payment)):
            await _recover(payment, ports)


async def expire(ports: Ports) -> None:
    """Let go of what was authorised so long ago that the bank is about to let go."""
    now = ports.clock()
    for payment in await ports.steps.expired(now - ports.waits.held):
        with follow("payments.expire", _traceparent(payment)):
            life = Life(payment.payment_id, trace_id(), payment)
            voided = PaymentVoided(ports.new_id(), VoidReason.EXPIRED)
            after = life.happens(voided, now)
            if after.is_held_at_bank:
                after = life.happens(ReversalRequested("expired"), now)
            if await _kept(life, None, None, ports):
                signals.voided(after, VoidReason.EXPIRED)


async def _recover(payment: Payment, ports: Ports) -> None:
    claim = await _taken(payment, ports)
    if payment.status is Status.RECEIVED and claim is None:
        return  # somebody is at work on it
    decision = given_up()
    if payment.status is Status.PENDING:
        try:
            said = await ports.bank.find(payment.payment_id)
        except (BankSilent, BankRefuses):
            return  # the next round asks again; the others are not to wait for it
        decision = heed(said) if said else decision
    await _decide(payment, decision, claim, ports)


async def _decide(
    payment: Payment, decision: Decision, claim: Claim | None, ports: Ports
) -> None:
    life = Life(payment.payment_id, trace_id(), payment)
    after = life.happens(deciding(decision), ports.clock())
    heard = decision.authorisation_id is not None
    if decision.verdict is Verdict.DECLINED and not heard:
        after = life.happens(ReversalRequested("given up"), ports.clock())
    answer = Answer(payment.payment_id, 201, ports.render(after))
    if await _kept(life, claim, answer, ports):
        signals.recovered(after, decision)


async def _taken(payment: Payment, ports: Ports) -> Claim | None:
    """The claim under which it was ordered, now ours; none if it has its answer."""
    claim = await ports.steps.abandoned(payment.payment_id)
    if claim is None or claim.fence is None or payment.status is Status.PENDING:
        return None
    fence = await ports.store.take_over(claim, claim.fence)
    if fence is None:
        return None
    return Claim(
        claim.merchant_id,
        claim.route,
        claim.key_digest,
        claim.fingerprint,
        claim.payment_id,
        fence,
    )


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
