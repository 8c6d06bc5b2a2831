"""Hears what Alertmanager says, and shows it."""

from collections.abc import Sequence

from apps.kit.signals import span

from .. import signals
from ..domain.alerts import Alert
from ..ports import Ports


@span("backoffice.hear_alerts")
async def hear(alerts: Sequence[Alert], ports: Ports) -> None:
    """Keep each, and tell that it fired or that it is over, once, however often it comes."""
    for alert in alerts:
        for news in await ports.alerts.keep(alert):
            signals.alerted(news)


async def latest(limit: int, ports: Ports) -> Sequence[Alert]:
    """What fires first, then what is over; in each the latest first."""
    return await ports.alerts.latest(limit)
