"""The steps that finish a payment; done twice, each is done once."""

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Final
from uuid import UUID

from apps.kit import deadlines
from apps.kit.signals import trace_id

from .. import signals
from ..domain.changes import (
    Outcome,
    PaymentVoided,
    ReversalConfirmed,
    StandInReconciled,
    VoidReason,
)
from ..domain.life import Life, let_go
from ..domain.orders import RED
from ..domain.payment import Payment, Reversal, StandIn, Status
from ..domain.sagas import Step
from ..ports import Ports
from .move import captured


async def _capture(payment: Payment, ports: Ports) -> None:
    """Capture by itself what was to be captured automatically."""
    if payment.status is not Status.AUTHORISED:
        return
    if (await ports.fraud.screen(payment.card.token)).status == RED:
        await _void(payment, ports)
        return
    life = Life(payment.payment_id, trace_id(), payment, "job:automatic-capture")
    fees = await ports.store.fees(payment.merchant_id)
    capture_id = ports.new_id()
    event = captured(payment, capture_id, payment.amount, fees)
    after = life.happens(event, ports.clock())
    await ports.store.keep(life.flush())
    signals.moved("capture", capture_id, payment.amount, after)


async def _fraud_void(payment: Payment, ports: Ports) -> None:
    """Void what a card that looks bad has not paid yet, unless it looks good again."""
    if payment.status is not Status.AUTHORISED:
        return
    fraud = await ports.fraud.screen(payment.card.token)
    if fraud.status == RED or not fraud.checked:
        await _void(payment, ports)


async def _void(payment: Payment, ports: Ports) -> None:
    life = Life(payment.payment_id, trace_id(), payment, "job:fraud")
    voided = PaymentVoided(ports.new_id(), VoidReason.FRAUD)
    after = let_go(life, voided, "fraud", ports.clock())
    await ports.store.keep(life.flush())
    signals.voided(after, VoidReason.FRAUD)


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
    life = Life(payment_id, trace_id(), payment, "job:bank")
    life.happens(ReversalConfirmed(tombstone), ports.clock())
    await ports.store.keep(life.flush())
    signals.reversed_at_bank(payment, tombstone=tombstone)


async def _standin(payment: Payment, ports: Ports) -> None:
    """Ask the bank about what was accepted in its stead, and follow it."""
    if payment.standin is not StandIn.OPEN:
        return
    with deadlines.within(ports.waits.bank_s):  # nobody waits; the next step does
        known = await ports.bank.find(payment.payment_id)
        answer = known or await ports.bank.authorise(payment, may_probe=True)
    outcome = Outcome.CONFIRMED if known else Outcome.SUBMITTED
    if not answer.approved:
        outcome = Outcome.REJECTED
    life = Life(payment.payment_id, trace_id(), payment, "job:reconciliation")
    whose = answer.authorisation_id if answer.approved else None
    after = life.happens(StandInReconciled(outcome, whose), ports.clock())
    if outcome is Outcome.REJECTED and after.status is Status.AUTHORISED:
        voided = PaymentVoided(ports.new_id(), VoidReason.STANDIN_REJECTED)
        after = life.happens(voided, ports.clock())
    await ports.store.keep(life.flush())
    signals.reconciled(after, outcome)


STEPS: Final[Mapping[Step, Callable[[Payment, Ports], Awaitable[None]]]] = (
    MappingProxyType(
        {
            Step.CAPTURE: _capture,
            Step.FRAUD_VOID: _fraud_void,
            Step.BANK_CAPTURE: _bank_capture,
            Step.REVERSAL: _reversal,
            Step.STANDIN: _standin,
        }
    )
)
