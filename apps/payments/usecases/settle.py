"""Pay merchants out: what they are owed less what they owe, batch by batch."""

from collections.abc import Sequence

from apps.kit.signals import span, trace_id

from .. import signals
from ..domain.life import Life
from ..domain.payment import Happened, Payment
from ..domain.settlement import Batch, settling
from ..ports import Ports

BATCH = 100
"""Payments that are settled at once: while they are, others wait for the ledger."""


async def settle(ports: Ports) -> int:
    """Pay every merchant out; how many batches that took."""
    batches = 0
    for merchant_id, currency in await ports.steps.to_pay():
        while await _settle(merchant_id, currency, ports):
            batches += 1
    return batches


@span("payments.settle")
async def _settle(merchant_id: str, currency: str, ports: Ports) -> bool:
    """One batch, kept whole or not at all; false when there is nothing to settle."""
    async with ports.steps.transaction():
        batch_id = ports.new_id()
        batch = await ports.steps.unsettled(batch_id, merchant_id, currency, BATCH)
        if not batch.debts and not batch.repayments:
            return False
        happened = _settled(batch, await ports.steps.of_batch(batch), ports)
        await ports.steps.settle(batch, happened, ports.clock(), trace_id())
    signals.settled(batch)
    return True


def _settled(batch: Batch, payments: Sequence[Payment], ports: Ports) -> list[Happened]:
    """What the batch means to each payment in it."""
    owed = {debt.payment_id: debt for debt in batch.debts}
    happened: list[Happened] = []
    for payment in payments:
        life = Life(payment.payment_id, trace_id(), payment)
        life.happens(settling(batch, owed[payment.payment_id]), ports.clock())
        happened += life.flush()
    return happened
