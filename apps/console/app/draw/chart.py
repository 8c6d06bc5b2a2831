"""Figures over time as ECharts draws them: lines, dots that lead to traces, marks across."""

from collections.abc import Sequence
from typing import Any

from ...domain.boards import Panel
from ...domain.series import Dot, Series
from ...domain.windows import Window
from ...usecases.drawing import Found
from .paint import Paint

Option = dict[str, Any]
Marks = Sequence[tuple[float, str, str]]

GAP_STEPS = 3
"""Points that are further apart than so many steps are not joined."""

MOST_LINES = 40
FONT = "system-ui, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif"


def option(
    panel: Panel, found: Found, window: Window, marks: Marks, paint: Paint
) -> Option:
    """The whole chart."""
    hues, times = _hues(panel, found, paint), _times(panel, found)
    lines = [
        _line(panel, name, series.at(times), window, hue)
        for (name, series), hue in zip(_drawn(found), hues, strict=True)
    ]
    if lines:
        lines[0]["markLine"] = _marks(marks, paint)
        lines.append(_dots(found.dots, paint))
    return {
        "animation": False,
        "color": paint.palette,
        "textStyle": {"color": paint.ink, "fontFamily": FONT},
        "grid": {"left": 6, "right": 22, "top": 12, "bottom": 6, "containLabel": True},
        "xAxis": [_time(window, paint), _apart(window)],
        "yAxis": _value(panel, paint),
        "tooltip": _tooltip(panel, paint),
        "legend": {"show": False},
        "toolbox": {"show": False},
        "brush": {"xAxisIndex": 0, "toolbox": [], "transformable": False,
                  "brushStyle": {"color": "rgba(80,140,220,.25)", "borderWidth": 0}},
        "series": lines,
    }  # fmt: skip


def _drawn(found: Found) -> list[tuple[str, Series]]:
    return [each for each in found.series[:MOST_LINES] if each[1].points]


def _times(panel: Panel, found: Found) -> Sequence[float]:
    """All instants, where lines stand on one another: ECharts adds up place by place."""
    if not _stacks(panel):
        return ()
    return sorted({at for _, series in _drawn(found) for at, _ in series.points})


def _stacks(panel: Panel) -> bool:
    stacking: Option = panel.custom.get("stacking") or {}
    return stacking.get("mode") == "normal"


def _hues(panel: Panel, found: Found, paint: Paint) -> list[str]:
    """One after the other, unless the panel says which colour a line has."""
    colours, told = paint.palette, []
    for at, (name, series) in enumerate(_drawn(found)):
        said = panel.styled(name, series.ref).defaults.get("color") or {}
        fixed = said.get("fixedColor") if said.get("mode") == "fixed" else None
        told.append(paint.named(fixed) if fixed else colours[at % len(colours)])
    return told


def _line(panel: Panel, name: str, series: Series, window: Window, hue: str) -> Option:
    panel = panel.styled(name, series.ref)
    custom = panel.custom
    made: Option = {
        "type": "line",
        "name": name,
        "color": hue,
        "data": _joined(series.points, window.step),
        "showSymbol": len(series.points) == 1,
        "symbolSize": 5,
        "lineStyle": {"width": max(1.5, float(custom.get("lineWidth", 1.5)))},
        "emphasis": {"focus": "series", "lineStyle": {"width": 2.5}},
        "areaStyle": {"opacity": float(custom.get("fillOpacity", 0)) / 100},
    }
    if _stacks(panel):
        made["stack"] = "all"
    return made


def _joined(
    points: Sequence[tuple[float, float]], step: float
) -> list[list[float | None]]:
    """Times in milliseconds; a hole where nothing was measured."""
    told: list[list[float | None]] = []
    before = None
    for at, value in points:
        if before is not None and at - before > GAP_STEPS * step:
            told.append([(before + step) * 1000, None])
        told.append([at * 1000, value])
        before = at
    return told


def _dots(dots: Sequence[Dot], paint: Paint) -> Option:
    """Exemplars: each carries its TraceID, and a click opens the story."""
    return {
        "type": "scatter",
        "name": "exemplar",
        "symbol": "diamond",
        "xAxisIndex": 1,
        "symbolSize": 9,
        "z": 9,
        "itemStyle": {
            "color": paint.ink,
            "borderColor": paint.ground,
            "borderWidth": 1,
        },
        "data": [
            {"value": [dot.at * 1000, dot.value], "name": dot.trace} for dot in dots
        ],
        "tooltip": {"trigger": "item", ":formatter": "(p) => payscope.dot(p)"},
    }


def _marks(marks: Marks, paint: Paint) -> Option:
    return {
        "symbol": "none",
        "label": {"show": False},
        "data": [
            {"xAxis": at * 1000, "name": said,
             "lineStyle": {"color": paint.named(colour), "type": "dashed"}}
            for at, colour, said in marks
        ],
        "tooltip": {"trigger": "item", ":formatter": "(p) => payscope.escape(p.name)"},
    }  # fmt: skip


def _time(window: Window, paint: Paint) -> Option:
    return {
        "type": "time",
        "min": window.start * 1000,
        "max": window.end * 1000,
        "axisLine": {"lineStyle": {"color": paint.edge}},
        "axisLabel": {"color": paint.soft, "hideOverlap": True},
        "splitLine": {"show": False},
    }


def _apart(window: Window) -> Option:
    """The dots' own axis, on the same place: lines are read at their own times."""
    silent = {"show": False, "triggerTooltip": False}
    ends = {"min": window.start * 1000, "max": window.end * 1000}
    return {"type": "time", "show": False, "axisPointer": silent, **ends}


def _value(panel: Panel, paint: Paint) -> Option:
    axis: Option = {
        "type": "value",
        "axisLabel": {"color": paint.soft, ":formatter": formatter(panel)},
        "splitLine": {"lineStyle": {"color": paint.edge}},
        "splitNumber": 4,
    }
    for name in ("min", "max"):
        if panel.defaults.get(name) is not None:
            axis[name] = panel.defaults[name]
    return axis


def formatter(panel: Panel) -> str:
    """Says a value in the panel's unit, in the browser."""
    unit = "".join(letter for letter in panel.unit if letter.isalnum())
    return f"(v) => payscope.said(v, '{unit}')"


def _tooltip(panel: Panel, paint: Paint) -> Option:
    return {
        "trigger": "axis",
        "confine": True,
        "order": "valueDesc",
        "backgroundColor": paint.ground,
        "borderColor": paint.edge,
        "textStyle": {"color": paint.ink, "fontSize": 12},
        ":valueFormatter": formatter(panel),
    }


def legend(panel: Panel, found: Found, paint: Paint) -> list[tuple[str, str]]:
    """The name of each line that is drawn, and its colour."""
    names = [name for name, _ in _drawn(found)]
    return [*zip(names, _hues(panel, found, paint), strict=True)]
