"""Heat maps as ECharts draws them: how many fell into each bucket, and dots that lead to traces."""

from bisect import bisect_left
from collections.abc import Sequence
from math import ceil, inf, isinf
from typing import Any

from ...domain.boards import Panel
from ...domain.figures import said
from ...domain.series import Dot, Series
from ...domain.windows import Window
from ...usecases.drawing import Found
from .chart import FONT
from .paint import Paint

Option = dict[str, Any]
Rows = list[tuple[float, str, Series]]
BOUND = "le"
LOW, HIGH = "#1d6fd1", "#f0b35a"


def heat(panel: Panel, found: Found, window: Window, paint: Paint) -> Option:
    """Buckets of a histogram, one on another; the more fell in, the brighter."""
    rows: Rows = sorted(
        ((_bound(s, n), n, s) for n, s in found.series), key=lambda row: row[0]
    )
    times = _instants(rows, window)
    cells = _cells(rows, times, window.step)
    most = max((cell[2] for cell in cells), default=1.0)
    dim = "#20344d" if paint.is_dark else "#dbe7f5"
    return {
        "animation": False,
        "textStyle": {"color": paint.ink, "fontFamily": FONT},
        "grid": {"left": 6, "right": 22, "top": 10, "bottom": 34, "containLabel": True},
        "xAxis": {"type": "category", "data": [at * 1000 for at in times],
                  "axisLabel": {"color": paint.soft, "hideOverlap": True,
                                ":interval": _interval(times, window.step),
                                ":formatter": "(v) => payscope.minute(v)"}},
        "yAxis": {"type": "category", "data": [_called(panel, row) for row in rows],
                  "axisLabel": {"color": paint.soft}},
        "visualMap": {"min": 0, "max": most, "calculable": False, "orient": "horizontal",
                      "left": "center", "bottom": 0, "itemHeight": 120, "itemWidth": 10,
                      "text": [said(most, "short"), "0"], "textStyle": {"color": paint.soft},
                      "seriesIndex": 0, "inRange": {"color": [dim, LOW, HIGH]}},
        "tooltip": {"confine": True, "backgroundColor": paint.ground,
                    "borderColor": paint.edge, "textStyle": {"color": paint.ink},
                    ":formatter": "(p) => payscope.bucket(p)"},
        "series": [
            {"type": "heatmap", "data": cells, "progressive": 0},
            _dots(found.dots, rows, times, paint),
        ],
    }  # fmt: skip


def _instants(rows: Rows, window: Window) -> list[float]:
    """Each step of the window, where the answers stand; those without one, too."""
    told = [at for _, _, series in rows for at, _ in series.points]
    if not told:
        return []
    first, step = min(told), window.step
    before = max(0, int((first - window.start) / step))
    after = int((max(window.end, *told) - first) / step)
    return [first + at * step for at in range(-before, after + 1)]


def _interval(times: Sequence[float], step: int) -> str:
    """Each whole stretch of time is named once, about eight in all."""
    if len(times) < 2:
        return "() => true"
    stretch = max(60.0, 60 * ceil((times[-1] - times[0]) / 8 / 60))
    return (
        f"(at, v) => Math.floor(v / {stretch * 1000:.0f}) !=="
        f" Math.floor((v - {step * 1000:.0f}) / {stretch * 1000:.0f})"
    )


def _cells(rows: Rows, times: Sequence[float], step: int) -> list[list[float]]:
    """What runs on from bucket to bucket is taken apart."""
    cells, under = list[list[float]](), dict[float, float]()
    is_running = bool(rows) and all(BOUND in series.labels for _, _, series in rows)
    for y, (_, _, series) in enumerate(rows):
        for at, value in series.points:
            own = value - under.get(at, 0.0) if is_running else value
            under[at] = value
            if own > 0:
                cells.append([round((at - times[0]) / step), y, own])
    return cells


def _dots(
    dots: Sequence[Dot], rows: Rows, times: Sequence[float], paint: Paint
) -> Option:
    """Each in its bucket, at the instant that is drawn next to its own."""
    bounds = [bound for bound, _, _ in rows]
    data = [
        {"name": dot.trace,
         "value": [min(bisect_left(times, dot.at), len(times) - 1),
                   min(bisect_left(bounds, dot.value), len(bounds) - 1), dot.value]}
        for dot in dots
        if times and bounds
    ]  # fmt: skip
    return {
        "type": "scatter", "name": "exemplar", "data": data, "symbol": "diamond",
        "symbolSize": 8, "cursor": "pointer", "z": 5,
        "itemStyle": {"color": paint.ink, "borderColor": paint.ground, "borderWidth": 1},
    }  # fmt: skip


def _called(panel: Panel, row: tuple[float, str, Series]) -> str:
    """A bucket is called by its upper bound, in the unit of the axis."""
    bound, name, _ = row
    if isinf(bound):
        return "more"
    axis = panel.options.get("yAxis") or {}
    unit = str(axis.get("unit") or panel.unit)
    return name if bound == 0.0 else f"≤ {said(bound, unit)}"


def _bound(series: Series, name: str) -> float:
    try:
        return float(series.labels.get(BOUND, name).replace("+Inf", "inf"))
    except ValueError:
        return inf if name == "+Inf" else 0.0
