"""Measure what should be small: what is due, exposed, out of balance."""

from .. import signals
from ..ports import Ports


async def watch(ports: Ports) -> None:
    """Tell the gauges how far behind the steps are, and how much is exposed."""
    signals.steps_due(await ports.steps.ages())
    signals.exposed(await ports.steps.exposure())


async def audit(ports: Ports) -> None:
    """Tell the gauge whether the ledger sums to zero."""
    signals.imbalance(await ports.steps.imbalance())
