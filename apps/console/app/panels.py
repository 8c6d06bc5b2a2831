"""One panel on the page: its title, what it shows by now, and what a click or a drag does."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from nicegui import ui

from ..domain.boards import Panel
from ..domain.nets import edges_of
from ..usecases.drawing import Found, Look
from .draw import chart, gauges, heat, netmap, plain, tables
from .draw.paint import Paint
from .markup import Markup, shown, tag, together

CHARTS = {"timeseries", "barchart", "histogram", "trend"}
WITHOUT_QUERY = {"text", "row"}
READ = {"text", "logs", "table", "traces"}
"""On a phone they are as high as what they say."""

Zoom = Callable[[float, float], Awaitable[None]]


class Cell:
    """A panel, drawn again and again."""

    def __init__(self, panel: Panel, paint: Paint, zoom: Zoom) -> None:
        self.panel = panel
        self._paint = paint
        self._zoom = zoom
        self._chart: ui.echart | None = None
        self._html: ui.html | None = None

    def place(self, where: str) -> None:
        """Its frame, at its place on the board."""
        about = self.panel.about
        with (
            ui.element("section")
            .classes("panel cell words" if self.panel.kind in READ else "panel cell")
            .style(where)
        ):
            shown(tag("h2", self.panel.title,
                      tag("span", about, class_="about", title=about)))  # fmt: skip
            self._body = ui.element("div").classes("body")
        self._write(tag("p", "…", class_="nothing"))

    def show(self, found: Found, look: Look, marks: chart.Marks) -> None:
        """What was found; who is silent is named, and nothing is drawn then."""
        if found.silent:
            return self._write(tag("p", found.silent, class_="silent", role="status"))
        if _is_empty(found) and self.panel.kind not in WITHOUT_QUERY:
            return self._write(plain.nothing(self.panel))
        option = self._option(found, look, marks)
        if option is not None:
            named = chart.legend(self.panel, found, self._paint)
            lines = named if self.panel.kind in CHARTS else []
            return self._draw(option, lines, slowest(found))
        return self._write(self._plain(found, look))

    def _option(
        self, found: Found, look: Look, marks: chart.Marks
    ) -> dict[str, Any] | None:
        panel, paint = self.panel, self._paint
        if panel.kind in CHARTS:
            return chart.option(panel, found, look.window, marks, paint)
        if panel.kind == "heatmap":
            return heat.heat(panel, found, look.window, paint)
        return None

    def _plain(self, found: Found, look: Look) -> Markup:
        panel, paint = self.panel, self._paint
        match panel.kind:
            case "stat":
                told = plain.stat(panel, found, paint)
            case "gauge":
                told = gauges.dials(panel, found, paint)
            case "bargauge":
                told = gauges.bars(panel, found, paint)
            case "table" if found.series:
                told = tables.table(panel, found, paint)
            case "nodeGraph":
                told = netmap.drawn(
                    found.edges or edges_of([s for _, s in found.series], [])
                )
            case "state-timeline" | "status-history":
                told = plain.states(panel, found, look.window, paint)
            case _:
                told = plain.read(panel, found, look)
        return told

    def _write(self, content: Markup) -> None:
        if self._html is None:
            self._body.clear()
            self._chart = None
            with self._body:
                self._html = shown(content, "plain")
        elif self._html.content != content:
            self._html.set_content(content)

    def _draw(
        self, option: dict[str, Any], named: list[tuple[str, str]], more: Markup
    ) -> None:
        if self._chart is None:
            self._body.clear()
            self._html = None
            with self._body:
                self._chart = self._made(option)
                self._legend = shown(legend(self._chart.id, named) + more, "legend-of")
            return
        told = legend(self._chart.id, named) + more
        if self._legend.content != told:
            self._legend.set_content(told)
        self._chart.options.clear()
        self._chart.options.update(option)
        self._chart.update()

    def _made(self, option: dict[str, Any]) -> ui.echart:
        made = ui.echart(option)
        made.on("componentClick", js_handler=ON_DOT)
        if self.panel.kind in CHARTS:
            made.on("chart:rendered", js_handler=brushing(made.id))
            made.on("chart:brushEnd", self._dragged, js_handler=ON_BRUSH)
        return made

    async def _dragged(self, event: Any) -> None:
        start, end = (float(each) / 1000 for each in event.args)
        if self._chart is not None:
            none: Sequence[object] = []
            self._chart.run_chart_method(
                "dispatchAction", {"type": "brush", "areas": none}
            )
        if end - start >= 1:
            await self._zoom(start, end)


ON_DOT = """(e) => {
  const id = e && e.seriesType === "scatter" && e.data && e.data.name;
  if (id && /^[0-9a-f]{32}$/.test(id)) location.href = `/story/${id}`;
}"""
ON_BRUSH = """(e) => {
  const area = e && e.areas && e.areas[0];
  if (area && area.coordRange) emit(area.coordRange);
}"""


def brushing(id_: int) -> str:
    """Takes the cursor for a drag once the chart is there."""
    return f"() => payscope.brushes(getElement({id_}))"


def legend(chart_id: int, named: list[tuple[str, str]]) -> Markup:
    """A button for each line: it hides it, and shows it again."""
    return together(
        tag("button", tag("i", class_="dot", style=f"color:{colour}"), name,
            type="button", data_chart=chart_id, data_line=name)
        for name, colour in named
    )  # fmt: skip


def slowest(found: Found) -> Markup:
    """Where dots lead, for who has no mouse: the highest one's story."""
    if not found.dots:
        return Markup("")
    highest = max(found.dots, key=lambda dot: dot.value)
    return tag("a", "the highest dot's story", href=f"/story/{highest.trace}")


def _is_empty(found: Found) -> bool:
    has_points = any(series.points for _, series in found.series)
    others = (found.lines, found.finds, found.edges, found.told)
    return not (has_points or any(others))
