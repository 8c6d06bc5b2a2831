"""How a trace is laid out: who hangs under whom, where each bar stands, who took time."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from math import ceil
from typing import Self

from .evidence import Span

WORKING, WAITING, EMPTY = "━", "─", " "
ANSWERED = "┊"
GAP_COLUMNS = 3
LONG_GAP = 0.25
"""A pause in which nobody works is cut short past this share of the time worked."""

LATER = ("PRODUCER", "CONSUMER")

Stretch = tuple[int, int]
Worker = tuple[str, ...]
"""A service, or what works for it and the service."""


@dataclass(frozen=True, slots=True)
class Row:
    """A span with the branches that lead to it; `lost` if its parent is missing."""

    span: Span
    branch: str
    lost: bool = False
    children: tuple[Span, ...] = ()


def tree(spans: list[Span]) -> list[Row]:
    """The spans in reading order: parents first, children by their start."""
    known = {span.id for span in spans}
    under: dict[str, list[Span]] = defaultdict(list)
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        under[above(span, known)].append(span)

    rows: list[Row] = []

    def grow(span: Span, branch: str, trunk: str) -> None:
        children = under[span.id]
        lost = bool(span.parent) and span.parent not in known
        rows.append(Row(span, branch, lost, tuple(children)))
        for child in children:
            last = child is children[-1]
            grow(
                child,
                trunk + ("└ " if last else "├ "),
                trunk + ("  " if last else "│ "),
            )

    for root in under[""]:
        grow(root, "", "")
    return rows


def above(span: Span, known: set[str]) -> str:
    """The id a span hangs under: its parent, else the span that it links to."""
    candidates = (span.parent, *(link.span for link in span.links))
    return next((id_ for id_ in candidates if id_ in known and id_ != span.id), "")


@dataclass(frozen=True, slots=True)
class Axis:
    """The common time line: stretches of work side by side, long pauses cut short."""

    stretches: tuple[Stretch, ...]
    width: int

    @classmethod
    def of(cls, spans: Iterable[Span], width: int) -> Self:
        worked = merged((span.start, span.end) for span in spans)
        limit = LONG_GAP * sum(end - start for start, end in worked)
        near: list[Stretch] = []
        for start, end in worked:
            if near and start - near[-1][1] <= limit:
                near[-1] = (near[-1][0], end)
            else:
                near.append((start, end))
        return cls(tuple(near), width)

    @property
    def start(self) -> int:
        return self.stretches[0][0]

    @property
    def end(self) -> int:
        return self.stretches[-1][1]

    @property
    def pauses(self) -> list[tuple[int, int]]:
        """Each pause that was cut short: its first column, and how long it was."""
        return [
            (round(self.column(before[1])), after[0] - before[1])
            for before, after in pairwise(self.stretches)
        ]

    def column(self, time: int) -> float:
        """Where on the line a time stands, between 0 and the width."""
        room = self.width - GAP_COLUMNS * (len(self.stretches) - 1)
        scale = room / max(1, sum(end - start for start, end in self.stretches))
        passed, column = 0, 0.0
        for index, (start, end) in enumerate(self.stretches):
            if time < start and index:
                break
            column = GAP_COLUMNS * index + scale * (passed + min(time, end) - start)
            passed += end - start
        return min(max(column, 0.0), float(self.width))

    def bar(self, row: Row, answered: int) -> str:
        """The row's bar: heavy where it worked, light where it waited for a child."""
        cells = [EMPTY] * self.width
        cells[self.cell(answered)] = ANSWERED
        first = self.cell(row.span.start)
        last = max(first + 1, round(self.column(row.span.end)))
        cells[first:last] = WORKING * (last - first)
        for child in row.children:
            begins = max(first, ceil(self.column(child.start)))
            ends = min(last, int(self.column(child.end)))
            cells[begins:ends] = WAITING * max(0, ends - begins)
        return "".join(cells[: self.width])

    def cell(self, time: int) -> int:
        return min(int(self.column(time)), self.width - 1)


def merged(stretches: Iterable[Stretch]) -> list[Stretch]:
    """The same time covered, without overlaps, in order."""
    whole: list[Stretch] = []
    for start, end in sorted(stretches):
        if whole and start <= whole[-1][1]:
            whole[-1] = (whole[-1][0], max(whole[-1][1], end))
        else:
            whole.append((start, end))
    return whole


def shares(spans: list[Span]) -> list[tuple[Worker, int]]:
    """Nanoseconds of own work before the answer by who did it, longest first."""
    took: dict[Worker, int] = defaultdict(int)
    for row in _before_answer(tree(spans)):
        own = row.span.end - row.span.start
        inside = (
            (max(c.start, row.span.start), min(c.end, row.span.end))
            for c in row.children
            if c.kind not in LATER
        )
        own -= sum(
            end - start for start, end in merged(s for s in inside if s[0] < s[1])
        )
        took[_worker(row.span)] += own
    return sorted(took.items(), key=lambda share: -share[1])


def _before_answer(rows: list[Row]) -> list[Row]:
    """The rows that the caller waited for: all but what messages set off."""
    later: set[str] = set()
    awaited: list[Row] = []
    for row in rows:
        if row.lost or row.span.kind in LATER or row.span.id in later:
            later.update(child.id for child in row.children)
        else:
            awaited.append(row)
    return awaited


def _worker(span: Span) -> Worker:
    database = span.fact("db.system.name", "db.system")
    return (database, span.service) if database else (span.service,)
