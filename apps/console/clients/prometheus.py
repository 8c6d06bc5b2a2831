"""Prometheus: series over time, single values, exemplars, label values, alerts."""

from typing import Any

from ..domain.series import Dot, Series, dots_of, label_values, series_of, vector_of
from ..domain.windows import Window
from .server import Server


class Prometheus(Server):
    """Metrics, by PromQL."""

    async def over(self, expr: str, window: Window) -> list[Series]:
        """How it went."""
        asks: dict[str, Any] = {
            "query": expr,
            "start": window.start,
            "end": window.end,
            "step": window.step,
        }
        return series_of(await self.json("/api/v1/query_range", **asks))

    async def now(self, expr: str, at: float) -> list[Series]:
        """How it is: each series has one point."""
        return vector_of(await self.json("/api/v1/query", query=expr, time=at))

    async def exemplars(self, expr: str, window: Window) -> list[Dot]:
        """Single measurements, each with its trace."""
        asks: dict[str, Any] = {"query": expr}
        asks |= {"start": window.start, "end": window.end}
        return dots_of(await self.json("/api/v1/query_exemplars", **asks))

    async def values(self, question: str, window: Window) -> list[str]:
        """The values of a label: `label_values(metric, label)`, as Grafana writes it."""
        metric, label = label_values(question)
        asks: dict[str, Any] = {"start": window.start, "end": window.end}
        if metric:
            asks["match[]"] = metric
        found = await self.json(f"/api/v1/label/{label}/values", **asks)
        return [str(value) for value in found.get("data", [])]

    async def alerts(self) -> list[dict[str, Any]]:
        """What its rules say is wrong now."""
        found = await self.json("/api/v1/alerts")
        return list(found.get("data", {}).get("alerts", []))
