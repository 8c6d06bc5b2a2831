"""What a panel shows: its queries asked with the reader's choices, all at once."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from apps.story.evidence import LogLine

from ..domain.asking import Choices, filled
from ..domain.boards import MAP, Board, Json, Panel, Query
from ..domain.finds import Find
from ..domain.nets import Edge
from ..domain.series import Dot, Series, spread
from ..domain.silence import Silent
from ..domain.told import Told
from ..domain.variables import Variable
from ..domain.windows import Window
from ..ports import Ports
from .living import edges

MOST_DOTS = 60
"""So many exemplars stand on a panel: more cannot be told apart."""

LINES, ONE = "logs", "traces"
ID = re.compile(r"[0-9a-f]{16,32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""A question that is a TraceID, or a payment's id, is answered by that trace."""


@dataclass(frozen=True, slots=True)
class Found:
    """The answers to a panel's queries."""

    series: list[tuple[str, Series]] = field(default_factory=list)
    """Each with the name that its legend gives it."""
    dots: list[Dot] = field(default_factory=list)
    lines: list[LogLine] = field(default_factory=list)
    finds: list[Find] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    told: Told | None = None
    silent: str = ""
    """Who did not answer, and why."""


@dataclass(frozen=True, slots=True)
class Look:
    """A board as it is looked at."""

    board: Board
    window: Window
    choices: Choices

    def filled(self, text: str) -> str:
        return filled(text, self.window, self.board.variables, self.choices)


async def found(panel: Panel, look: Look, ports: Ports) -> Found:
    """All that the panel asks for; who is silent is told in its place."""
    asked = [_answer(panel, query, look, ports) for query in panel.queries]
    whole, told = Found(), None
    for part in await asyncio.gather(*asked, return_exceptions=True):
        if isinstance(part, Silent):
            return Found(silent=str(part))
        if isinstance(part, BaseException):
            raise part
        if part.silent:
            return part
        whole.series.extend(part.series)
        whole.lines.extend(part.lines)
        whole.finds.extend(part.finds)
        whole.dots.extend(part.dots)
        whole.edges.extend(part.edges)
        told = told or part.told
    step = max(look.window.step, look.window.length / MOST_DOTS)
    return replace(whole, dots=spread(whole.dots, MOST_DOTS, step), told=told)


async def _answer(panel: Panel, query: Query, look: Look, ports: Ports) -> Found:
    expr, window = look.filled(query.expr), look.window
    match query.source:
        case "tempo":
            return await _traced(panel, query, expr.strip(), window, ports)
        case "loki" if panel.kind == LINES:
            return Found(lines=await ports.loki.lines(expr, window, limit=query.limit))
        case "loki":
            return Found(_named(await ports.loki.over(expr, window), query))
    if query.is_instant:
        return Found(_named(await ports.prometheus.now(expr, window.end), query))
    lines = ports.prometheus.over(expr, window)
    if not query.has_exemplars:
        return Found(_named(await lines, query))
    series, dots = await asyncio.gather(lines, ports.prometheus.exemplars(expr, window))
    return Found(_named(series, query), dots)


async def _traced(
    panel: Panel, query: Query, expr: str, window: Window, ports: Ports
) -> Found:
    """A trace, a search for some, or who calls whom; of what is no question nothing."""
    if query.asks == MAP:
        long = max(1, round(window.length))
        return Found(edges=await edges(ports, long, window.end, expr))
    is_id = ID.fullmatch(expr.lower()) is not None
    if not expr or (panel.kind == ONE and not is_id and "{" not in expr):
        return Found()
    if not is_id:
        return Found(finds=await ports.tempo.search(expr, window, limit=query.limit))
    told = await ports.stories.tell(expr if "-" in expr else expr.rjust(32, "0"))
    if told.story is None and told.missing:
        return Found(silent=told.missing[0])
    return Found(told=told if told.story else None)


def _named(series: Sequence[Series], query: Query) -> list[tuple[str, Series]]:
    return [(each.named(query.legend), replace(each, ref=query.ref)) for each in series]


async def values(variable: Variable, look: Look, ports: Ports) -> list[str]:
    """What the reader can choose of, after what he chose before; nothing where nobody answers."""
    if variable.kind != "query":
        return list(variable.options)
    question = look.filled(variable.question)
    try:
        return sorted(await ports.prometheus.values(question, look.window))
    except Silent:
        return []


async def marks(look: Look, ports: Ports) -> list[tuple[float, str, str]]:
    """Instants that stand across every panel: when, which colour, what it was."""
    asked = [_marked(mark, look, ports) for mark in look.board.marks]
    return [mark for each in await asyncio.gather(*asked) for mark in each]


async def _marked(mark: Json, look: Look, ports: Ports) -> list[tuple[float, str, str]]:
    """Those of one kind; none where Loki is silent, which the panels say."""
    expr = look.filled(mark["expr"])
    try:
        lines = await ports.loki.lines(expr, look.window, limit=50)
    except Silent:
        return []
    colour, name = mark.get("iconColor", "green"), mark.get("name", "")
    return [(line.time / 1e9, colour, f"{name}: {line.body}") for line in lines]
