"""Who knows of a payment, asked with patience: whoever is silent is named, and done without."""

import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar
from uuid import UUID

from .asking import NotInTime, Unanswered, until
from .backends import EVERYTHING, Backends, by_trace
from .evidence import LogLine, Span, orphans, roots
from .life import Moment, moments_of

T = TypeVar("T")

WITHOUT = {
    "Gateway": "its state and events",
    "Tempo": "its spans",
    "Loki": "its log lines",
}

STABLE_READS = 3
"""A trace that has not grown for so many reads is taken as all there is."""

QUIET_NS = 15 * 10**9
"""A trace whose last span is so old does not grow any more."""

SLACK_NS = 300 * 10**9
"""Clocks differ, and a line may be written before the span that it belongs to."""

KEPT_NS = 72 * 3600 * 10**9
"""So long Loki keeps its lines."""

READ_EVERY_S = 0.25
SETTLED_WITHIN_S = 6.0
MOST_TRACES = 500
AT_ONCE = 50
"""Traces whose lines are asked for in one query: a query has a longest length."""

UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")


class Gateway(Protocol):
    """Who knows a payment and its events."""

    def payment(self, id_: str, /) -> dict[str, Any] | None: ...
    def events(self, id_: str, /) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Sources:
    """The gateway and the backends of an instance, asked about one payment."""

    gateway: Gateway
    backends: Backends
    silent: dict[str, str] = field(default_factory=dict)
    """Who did not answer, and with what."""
    is_patient: bool = True
    """Whether a trace that is still coming in is waited for."""

    @property
    def missing(self) -> list[str]:
        """A sentence for each of those who did not answer."""
        return [
            f"{name} does not answer, so {WITHOUT[name]} cannot be told. ({why})"
            for name, why in sorted(self.silent.items())
        ]

    def payment(self, id_: str) -> dict[str, Any] | None:
        """What the payment is now."""
        return self._asked("Gateway", lambda: self.gateway.payment(id_), None)

    def moments(self, id_: str) -> list[Moment]:
        """All that happened to it."""
        return self._asked("Gateway", lambda: moments_of(self.gateway.events(id_)), [])

    def lines_naming(self, id_: str) -> list[LogLine]:
        query, since = by_payment(id_), begun(id_)
        read = self.backends.loki.lines
        return self._asked("Loki", lambda: read(query, since=since), [])

    def traces_naming(self, id_: str) -> list[str]:
        """Traces that have a span which names the payment."""
        query, since = f'{{ span.payment.id = "{id_}" }}', begun(id_)
        search = self.backends.tempo.search
        return self._asked(
            "Tempo", lambda: search(query, limit=MOST_TRACES, since=since), []
        )

    def spans(self, trace: str) -> list[Span]:
        read = settled if self.is_patient else as_it_is
        return self._asked("Tempo", lambda: read(self.backends, trace), [])

    def lines(self, traces: Iterable[str], since: int) -> list[LogLine]:
        """All lines of these traces."""
        asked, found = list(traces), list[LogLine]()
        for at in range(0, len(asked), AT_ONCE):
            query = by_trace(*asked[at : at + AT_ONCE])
            found += self._lines(query, since)
        return sorted(found, key=lambda line: line.time)

    def _lines(self, query: str, since: int) -> list[LogLine]:
        read = self.backends.loki.lines
        return self._asked("Loki", lambda: read(query, since=since), [])

    def _asked(self, name: str, question: Callable[[], T], without: T) -> T:
        if name in self.silent:
            return without
        try:
            return question()
        except Unanswered as silence:
            self.silent[name] = str(silence)
            return without


def settled(backends: Backends, trace: str) -> list[Span]:
    """The spans of a trace once it has a root, no orphan, and has stopped growing."""
    sizes: list[int] = []

    def stands(spans: list[Span]) -> bool:
        if spans and time.time_ns() - max(span.end for span in spans) > QUIET_NS:
            return True
        is_whole = bool(roots(spans)) and not orphans(spans)
        sizes.append(len(spans) if is_whole else 0)
        last = sizes[-STABLE_READS:]
        return (
            len(last) == STABLE_READS
            and last == last[:1] * STABLE_READS
            and last[0] > 0
        )

    def read() -> list[Span]:
        return backends.tempo.trace(trace)

    if stands(spans := read()):  # who is away is not waited for
        return spans
    try:
        return until(read, stands, within=SETTLED_WITHIN_S, every=READ_EVERY_S)
    except NotInTime:
        return read()


def as_it_is(backends: Backends, trace: str) -> list[Span]:
    """The spans of a trace that have come so far."""
    return backends.tempo.trace(trace)


def by_payment(payment_id: str) -> str:
    """The query for the lines that name a payment."""
    return f'{EVERYTHING} | payment_id="{payment_id}"'


def begun(payment_id: str) -> int:
    """Since when there may be anything of it: its id begins with the time (RFC 9562)."""
    if UUID7.fullmatch(payment_id):
        made = (UUID(payment_id).int >> 80) * 10**6
        return max(made - SLACK_NS, days_ago())
    return days_ago()


def days_ago() -> int:
    return time.time_ns() - KEPT_NS
