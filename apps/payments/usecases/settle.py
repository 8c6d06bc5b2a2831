"""Pay merchants out: what they are owed less what they owe, batch by batch."""

from collections.abc import Sequence

from apps.kit.signals import trace_id

from .. import signals
from ..domain.life import Life
from ..domain.payment import Happened, Payment
from ..domain.settlement import Batch, settling
from ..ports import Ports
from .alone import alone

BATCH = 100
"""Payments that are settled at once: while they are, others wait for the ledger."""

MOST = 800
"""So many where it takes more to cover what was refunded."""


async def settle(ports: Ports) -> int:
    """Pay every merchant out; how many batches that took."""
    batches = 0
    for merchant_id, currency in await ports.steps.to_pay():
        with alone("payments.settle", None):
            try:
                batches += await _pay_out(merchant_id, currency, ports)
            except Exception as fault:
                signals.unsettled(merchant_id, fault)
                raise
    return batches


async def _pay_out(merchant_id: str, currency: str, ports: Ports) -> int:
    """Batches until one is not full: what is captured meanwhile waits for the next time."""
    batches = 0
    while batch := await _settle(merchant_id, currency, ports):
        signals.settled(batch)
        batches += 1
        if len(batch.debts) < BATCH:
            break
    return batches


async def _settle(merchant_id: str, currency: str, ports: Ports) -> Batch | None:
    """One batch, kept whole or not at all; none when there is nothing to settle."""
    async with ports.steps.transaction():
        batch = await _coming(merchant_id, currency, ports)
        if not batch.is_payable:
            return None
        happened = _settled(batch, await ports.steps.of_batch(batch), ports)
        await ports.steps.settle(batch, happened, ports.clock(), trace_id())
    return batch


async def _coming(merchant_id: str, currency: str, ports: Ports) -> Batch:
    """The oldest captures, and as many more as it takes to cover the refunds."""
    batch_id, most = ports.new_id(), BATCH
    while True:
        batch = await ports.steps.unsettled(batch_id, merchant_id, currency, most)
        if batch.is_payable or len(batch.debts) < most or most >= MOST:
            return batch
        most *= 2


def _settled(batch: Batch, payments: Sequence[Payment], ports: Ports) -> list[Happened]:
    """What the batch means to each payment in it."""
    owed = {debt.payment_id: debt for debt in batch.debts}
    happened: list[Happened] = []
    for payment in payments:
        life = Life(payment.payment_id, trace_id(), payment, "job:settlement")
        life.happens(settling(batch, owed[payment.payment_id]), ports.clock())
        happened += life.flush()
    return happened
