"""What goes on right now: who calls whom, what alerts, who pays."""

import asyncio
from typing import Any

from ..domain.alerts import Alert, of_alertmanager, of_prometheus
from ..domain.nets import ASKED, Edge, asked, edges_of
from ..domain.silence import Silent
from ..ports import Ports

ALERTS = "/api/v2/alerts"
MINUTE_S = 60
DEAD = "DLQ"


async def edges(
    ports: Ports, seconds: int = MINUTE_S, at: float | None = None, matchers: str = ""
) -> list[Edge]:
    """The service graph of the last minute, or of another stretch of time."""
    exprs = (asked(each, matchers, seconds) for each in ASKED)
    until = ports.now_s if at is None else at
    told = await asyncio.gather(*(ports.prometheus.now(e, until) for e in exprs))
    return edges_of(*told)


async def alerts(ports: Ports) -> tuple[list[Alert], str]:
    """What Alertmanager holds; without it, what Prometheus says, and who is away."""
    try:
        return of_alertmanager(await ports.alertmanager.json(ALERTS)), ""
    except Silent as silence:
        return of_prometheus(await ports.prometheus.alerts()), str(silence)


async def streams(ports: Ports) -> list[dict[str, Any]]:
    """NATS's streams: how many messages each holds, and what waits for its hearers."""
    said = await ports.nats.json("/jsz", streams="true", consumers="true")
    details = said.get("account_details") or []
    return [stream for each in details for stream in each.get("stream_detail") or []]


async def dead_letters(ports: Ports) -> int | None:
    """How many NATS holds; None where it does not say."""
    try:
        found = await streams(ports)
    except Silent:
        return None
    held = [each for each in found if each.get("name") == DEAD]
    return sum(int(each.get("state", {}).get("messages", 0)) for each in held)
