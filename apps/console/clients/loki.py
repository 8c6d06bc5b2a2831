"""Loki: log lines, and figures computed from them."""

from typing import Any

from apps.story.evidence import LogLine, lines_of

from ..domain.series import Series, series_of
from ..domain.windows import Window
from .server import Server

RANGE = "/loki/api/v1/query_range"


class Loki(Server):
    """Log lines, by LogQL."""

    async def lines(self, query: str, window: Window, *, limit: int) -> list[LogLine]:
        """The newest lines that the query finds, newest first."""
        asks = _asks(query, window) | {"limit": limit, "direction": "backward"}
        return lines_of(await self.json(RANGE, **asks))[::-1]

    async def over(self, query: str, window: Window) -> list[Series]:
        """A figure over time."""
        asks = _asks(query, window) | {"step": window.step}
        return series_of(await self.json(RANGE, **asks))


def _asks(query: str, window: Window) -> dict[str, Any]:
    start, end = int(window.start * 1e9), int(window.end * 1e9)
    return {"query": query, "start": start, "end": end}
