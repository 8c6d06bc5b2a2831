"""What arrived of a drill's orders: each one's trace and line, each line on disk, each count.

The client's book says what must be there; of lines, the files of the services do, too.
"""

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Self

from benchmarks.books import Book, Ordered
from loadtests.report.counting import LOOKED_BACK_S, growth
from native.backends import EVERYTHING, NotInTime, Unanswered, until
from native.evidence import LogLine, whole
from tests.chaos import files
from tests.chaos.drill import Drill
from tests.stack.stack import settled

DECISIONS = "payments_decisions_total"
DECIDED = '{service_namespace="payscope"} |= "payment.decided"'
ALWAYS = {"gateway", "payments", "fraud", "backoffice", "notifications"}

AGAIN_S = 1.0
MISSING_AFTER_S = 120.0
"""Whoever is slow is only late; what is lost does not come in two minutes either."""

TOLD_TWICE_S = 11.0
"""Figures leave each five seconds: unchanged for so long, all have come."""

AHEAD_S = 600
"""Lines of a clock that is so far ahead are set right; of others they are in the future."""


@dataclass(frozen=True)
class Missing:
    """What has not come, and which lines came more than once."""

    traces: list[Ordered]
    orders: list[Ordered]
    lines: Counter[files.Key]
    doubled: Counter[files.Key]
    decisions: float
    """That Prometheus has not heard of; below zero it heard of too many."""
    told: int
    """How many lines there are on disk."""

    @property
    def is_nothing(self) -> bool:
        return not (self.traces or self.orders or self.lines or self.decisions)

    @property
    def share_doubled(self) -> float:
        """Of all lines that were told."""
        return self.doubled.total() / max(1, self.told)

    @property
    def counts(self) -> dict[str, int]:
        """As a row tells it."""
        return {
            "traces not whole": len(self.traces),
            "orders without a line": len(self.orders),
            "lines lost": self.lines.total(),
            "lines doubled": self.doubled.total(),
            "decisions not counted": round(self.decisions),
        }


@dataclass
class Arrivals:
    """Looks until everything is there; what was whole once is not asked for again."""

    drill: Drill
    counted_at: float | None
    """When all that was decided before had been counted; None: it is not compared."""
    ahead: files.Ahead = field(default_factory=dict)
    known: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, drill: Drill) -> Self:
        """From now on: what was paid before has been counted."""
        settled(lambda: drill.counters(DECISIONS), seconds=TOLD_TWICE_S)
        return cls(drill, time.time())

    @classmethod
    def by_wrong_clocks(cls, drill: Drill, ahead: files.Ahead) -> Self:
        """Who is set back tells for times for which he has told already: figures cannot
        be told apart then, and of lines only those of the orders are looked at."""
        return cls(drill, None, ahead)

    @property
    def since(self) -> int:
        """In nanoseconds, as the clock says that is furthest behind."""
        return self.drill.began_ns + int(min([0.0, *self.ahead.values()]) * 1e9)

    def missing(self, book: Book, within: float = MISSING_AFTER_S) -> Missing:
        """What is missing still, when nothing is or when patience ends."""
        ended, deadline = time.time(), time.monotonic() + within
        while True:
            try:
                found = self._look(book, ended)
                if found.is_nothing or time.monotonic() > deadline:
                    return found
            except Unanswered:
                if time.monotonic() > deadline:
                    raise
            time.sleep(AGAIN_S)

    def without_line(self, orders: Iterable[Ordered]) -> list[Ordered]:
        """Those whose decision Loki has not heard of."""
        told = {line.trace for line in self._lines(DECIDED)}
        return [each for each in orders if each.trace not in told]

    def have_lines(self, orders: Iterable[Ordered], within: float) -> bool:
        """As soon as Loki has heard of all of them; false if it does not in time."""
        try:
            return until(lambda: not self.without_line(orders), within=within)
        except NotInTime:
            return False

    def not_whole(self, orders: Iterable[Ordered]) -> list[Ordered]:
        """Those of whose trace a part is missing."""
        return [each for each in orders if not self._is_whole(each)]

    def _look(self, book: Book, ended: float) -> Missing:
        began = self.drill.began_ns / 1e9
        came = files.of_services(self._lines(EVERYTHING), self.ahead)
        kept = files.on_disk(self.drill.stack.instance, began, self.ahead)
        if self.ahead:
            came, kept = (files.only(each, book) for each in (came, kept))
        return Missing(
            self.not_whole(book),
            self.without_line(book),
            files.more(kept, came, began, ended),
            files.more(came, kept, began, ended),
            self._not_counted(book),
            len(kept),
        )

    def _not_counted(self, book: Book) -> float:
        if self.counted_at is None:
            return 0.0
        window = f"[{int(time.time() - self.counted_at + LOOKED_BACK_S)}s]"
        told = self.drill.stack.backends.prometheus.json(
            "/api/v1/query", query=DECISIONS + window
        )
        series = [
            [(float(at), float(value)) for at, value in each["values"]]
            for each in told["data"]["result"]
        ]
        return len(book) - sum(growth(each, self.counted_at) for each in series)

    def _lines(self, query: str) -> list[LogLine]:
        until = time.time_ns() + AHEAD_S * 10**9
        loki = self.drill.stack.backends.loki
        return loki.lines(query, since=self.since, until=until)

    def _is_whole(self, ordered: Ordered) -> bool:
        if ordered.trace not in self.known:
            parts = ALWAYS | ({"bank"} if ordered.by == "bank" else set())
            spans = self.drill.stack.backends.tempo.trace(ordered.trace)
            if not whole(spans, parts):
                return False
            self.known.add(ordered.trace)
        return True
