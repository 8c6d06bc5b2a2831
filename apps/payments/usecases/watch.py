"""Measure what should be small: what is due, undecided, exposed, out of balance."""

from .. import signals
from ..ports import Ports


async def watch(ports: Ports) -> None:
    """Tell the gauges how far behind we are, and how much is exposed."""
    signals.steps_due(await ports.steps.ages())
    signals.undecided(await ports.steps.waiting())
    signals.exposed(await ports.steps.exposure())


async def balance(ports: Ports) -> None:
    """Tell the gauge whether the ledger sums to zero."""
    signals.imbalance(await ports.steps.imbalance())
