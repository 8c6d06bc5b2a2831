"""What payments makes of what others announce."""

from uuid import UUID

from apps.kit.signals import span, trace_id

from .. import signals
from ..domain.changes import PaymentFlagged
from ..domain.life import Life
from ..domain.orders import RED
from ..ports import Ports
from .steps import confirm_reversal


@span("payments.void_flagged")
async def void_flagged(card_token: UUID, status: str, count: int, ports: Ports) -> int:
    """Have voided what a card that looks bad has not paid yet; how many payments.

    Each is voided by itself, as a step: a card may have hundreds, and the ledger is
    everybody's.
    """
    if status != RED:
        return 0
    async with ports.steps.transaction():
        payments = await ports.steps.authorised_with(card_token)
        for payment in payments:
            life = Life(payment.payment_id, trace_id(), payment, "job:fraud")
            life.happens(PaymentFlagged(status, count), ports.clock())
            await ports.store.keep(life.flush())
    signals.flagged(card_token, len(payments))
    return len(payments)


@span("payments.confirm_reversal")
async def confirm_let_go(payment_id: UUID, ports: Ports, *, tombstone: bool) -> None:
    """The bank has let go of a hold."""
    await confirm_reversal(payment_id, ports, tombstone=tombstone)
