"""Panels without axes, as HTML: single figures, bars, tables, lines, traces, text."""

from collections.abc import Sequence

from apps.story.evidence import LogLine
from apps.story.life import clock
from apps.story.wording import telling

from ...domain.boards import Panel
from ...domain.figures import colour, told
from ...domain.finds import Wish
from ...domain.series import Series
from ...domain.windows import Window
from ...usecases.drawing import Found, Look
from .. import waterfall
from ..markup import Markup, tag
from ..stories import listed
from ..written import html
from .paint import Paint

MOST_ROWS = 200


def stat(panel: Panel, found: Found, paint: Paint) -> Markup:
    """One figure, or a few: how it is now."""
    figures = [
        tag("div", tag("span", name, class_="soft") if len(found.series) > 1 else None,
            tag("b", _text(panel, value), style=f"color:{_colour(panel, value, paint)}"),
            class_="figure")
        for name, series in found.series[:12]
        if (value := series.last) is not None
    ]  # fmt: skip
    return tag("div", *figures, class_="figures")


def states(panel: Panel, found: Found, window: Window, paint: Paint) -> Markup:
    """A bar for each series, coloured by what its value stands for."""
    rows = [
        tag("tr", tag("td", name, class_="nowrap"),
            tag("td", *_stretches(panel, series, window, paint), class_="states"))
        for name, series in found.series[:MOST_ROWS]
        if series.points
    ]  # fmt: skip
    known = [
        result
        for each in panel.defaults.get("mappings") or []
        for result in each.get("options", {}).values()
        if isinstance(result, dict) and "text" in result
    ]
    legend = [
        tag("span", tag("i", class_="dot", style=f"color:{paint.named(r['color'])}"),
            r["text"], " ", class_="nowrap")
        for r in known
    ]  # fmt: skip
    return tag("table", tag("tbody", *rows), class_="list") + tag("p", *legend)


def _stretches(
    panel: Panel, series: Series, window: Window, paint: Paint
) -> Sequence[Markup]:
    """What is alike in a row is one piece; nothing is drawn where nothing was measured."""
    pieces: list[tuple[float, float, float]] = []
    for at, value in series.points:
        end = min(at + window.step, window.end)
        joins = pieces and pieces[-1][2] == value and at - pieces[-1][1] <= window.step
        if joins:
            pieces[-1] = (pieces[-1][0], end, value)
        else:
            pieces.append((at, end, value))
    return [
        tag("i", title=f"{_text(panel, value)} since {clock(int(start * 1e9))} UTC",
            style=f"left:{100 * (start - window.start) / window.length:.2f}%;"
            f"width:{100 * (end - start) / window.length:.2f}%;"
            f"background:{_colour(panel, value, paint)}")
        for start, end, value in pieces
    ]  # fmt: skip


def read(panel: Panel, found: Found, look: Look) -> Markup:
    """What is read, not looked at."""
    match panel.kind:
        case "logs":
            return lines(found)
        case "traces" | "table":
            return traces(found)
        case "text":
            return text(panel, look)
    return tag("p", f"Grafana draws this one: {panel.kind}.", class_="nothing")


def nothing(panel: Panel) -> Markup:
    """The panel's own words for it; what stands between backticks is typed."""
    parts = panel.nothing.split("`")
    words = [tag("code", part) if at % 2 else part for at, part in enumerate(parts)]
    return tag("p", *words, class_="nothing")


def lines(found: Found) -> Markup:
    """Log lines, newest first; a line's trace is its story."""
    return tag(
        "div", *(_line(line) for line in found.lines[:MOST_ROWS]), class_="log mono"
    )


def _line(line: LogLine) -> Markup:
    facts = " ".join(f"{name}={value}" for name, value in telling(line))
    trace = line.trace
    return tag(
        "details",
        tag(
            "summary",
            tag("span", clock(line.time), class_="soft"), " ",
            tag("span", f"{line.level:<5} ", class_=f"level {line.level}"),
            tag("span", f"{line.service} ", class_="soft"),
            tag("b", line.body[:200]), " ",
            tag("a", trace[:8], href=f"/story/{trace}") if trace else None,
            tag("span", f" {facts[:160]}", class_="soft"),
        ),
        tag("p", facts),
    )  # fmt: skip


def traces(found: Found) -> Markup:
    """What a search found, or the one trace that was asked for."""
    if found.told is None or found.told.story is None:
        return listed(found.finds, Wish())
    first = found.told.story.first
    way = tag(
        "a", "All of its story", href=f"/story/{first.trace}", class_="button small"
    )
    none = tag("p", "Its spans have not come in.", class_="nothing")
    drawn = waterfall.drawn(first, is_folded=True) if first.spans else none
    return tag("p", way) + drawn


def text(panel: Panel, look: Look) -> Markup:
    """What somebody wrote, with the reader's choices put in; HTML in it is shown as it is."""
    content = look.filled(str(panel.options.get("content", "")))
    if panel.options.get("mode", "markdown") != "markdown":
        return tag("div", content, class_="written plain-text")
    return tag("div", html(content), class_="written")


def _text(panel: Panel, value: float) -> str:
    return told(value, panel.defaults)


def _colour(panel: Panel, value: float, paint: Paint) -> str:
    return paint.named(colour(value, panel.defaults) or "text")
