"""Tempo: traces that TraceQL finds."""

from ..domain.finds import Find, finds_of
from ..domain.windows import Window
from .server import Server


class Tempo(Server):
    """Traces, by TraceQL."""

    async def search(self, query: str, window: Window, *, limit: int) -> list[Find]:
        """The traces that it finds, newest first."""
        found = await self.json(
            "/api/search",
            q=query,
            limit=limit,
            spss=1,
            start=int(window.start),
            end=int(window.end) + 1,
        )
        return finds_of(found)
