"""A story is told as it comes in: again and again, until nothing is added any more."""

import json
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from apps.story.evidence import orphans

from ..domain.silence import Silent
from ..domain.told import Told
from ..ports import Ports

FAST_S, SLOW_S = 0.4, 4.0
"""Between two readings: while it comes in, and while something may be done about it yet."""

QUIET = 4
"""So many readings alike, and it has come in."""

GOES_ON_S = 120.0
"""So long a young payment's story is read again: captured, settled, told to the merchant."""

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Reading:
    """A story, and whether more of it is awaited."""

    told: Told
    notifications: list[dict[str, Any]]
    is_coming_in: bool

    @property
    def size(self) -> tuple[object, ...]:
        """What changes when something is added."""
        story = self.told.story
        if story is None:
            return (self.told.missing,)
        parts = [(len(c.spans), len(c.lines), len(c.moments)) for c in story.chapters]
        tried = [len(each.get("attempts") or ()) for each in self.notifications]
        status = (story.payment or {}).get("status")
        return (tuple(parts), tuple(tried), status, self.told.missing)

    @property
    def is_whole(self) -> bool:
        """There is a trace, and every span has its parent."""
        story = self.told.story
        if story is None or not story.first.spans:
            return False
        return not any(
            orphans(each.spans) for each in story.chapters if not each.left_out
        )


async def readings(id_: str, ports: Ports) -> AsyncIterator[tuple[Reading, float]]:
    """Each reading, and how long to wait before the next; ends when nothing comes."""
    begun, sizes = time.monotonic(), list[object]()
    while time.monotonic() - begun < GOES_ON_S:
        told = await ports.stories.tell(id_)
        reading = Reading(told, await _notifications(told, ports), True)
        sizes = [*sizes[-QUIET + 1 :], reading.size]
        is_still = len(sizes) == QUIET and len({*sizes}) == 1
        if is_still and (reading.is_whole or time.monotonic() - begun > 10):
            reading = Reading(told, reading.notifications, False)
        yield reading, FAST_S if reading.is_coming_in else SLOW_S


async def _notifications(told: Told, ports: Ports) -> list[dict[str, Any]]:
    """Who is silent here says nothing of the rest."""
    if not (told.story and told.story.id):
        return []
    try:
        return await ports.gateway.notifications(told.story.id)
    except Silent:
        return []


async def grafana_links(trace: str, ports: Ports) -> list[tuple[str, str]]:
    """The same trace and its lines in Grafana, where there is one."""
    if not await ports.grafana.is_there("/api/health"):
        return []
    shown = f"{ports.grafana_shown}/explore?schemaVersion=1&panes="
    lines = f'{{service_namespace="payscope"}} | trace_id="{trace}"'
    return [
        ("Trace in Grafana", shown + _pane("tempo", "traceql", "query", trace)),
        ("Log lines in Grafana", shown + _pane("loki", "range", "expr", lines)),
    ]


def _pane(source: str, kind: str, key: str, query: str) -> str:
    """Grafana's Explore on one question, as its address bar writes it."""
    asked = {
        "refId": "A",
        "datasource": {"type": source, "uid": source},
        "queryType": kind,
        key: query,
    }
    span = {"from": "now-1h", "to": "now"}
    return quote(
        json.dumps({"a": {"datasource": source, "queries": [asked], "range": span}})
    )
