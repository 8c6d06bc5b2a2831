"""Where telemetry can be asked for: Tempo, Loki and Prometheus, each with its questions."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol, Self

import httpx

from .asking import Backend
from .evidence import (
    LogLine,
    Sample,
    Span,
    exemplars_of,
    lines_of,
    samples_of,
    spans_of,
)

LOOK_BACK_S = 3600.0
PAGE = 1000
"""Lines of ours have some 2 KB with their fields, now and then 64: a page stays far below
what Loki's parts may send one another (loki/config.yaml)."""
RANGE = "/loki/api/v1/query_range"
EVERYTHING = '{service_namespace="payscope"}'


class Places(Protocol):
    """Where each server is, by the name of its port in .env."""

    def url(self, name: str) -> str: ...


class Tempo(Backend):
    """Traces, by id or by TraceQL."""

    def trace(self, trace: str) -> list[Span]:
        """The spans of a trace as far as they have come; none if it is unknown."""
        answer = self.get(f"/api/traces/{trace}")
        if answer.status_code == httpx.codes.NOT_FOUND:
            return []
        return spans_of(self.understood(answer))

    def search(self, query: str, *, limit: int = 20, since: int = 0) -> list[str]:
        """The ids of traces that TraceQL finds, newest first; from the last hour on."""
        now = int(time.time())
        begin = since // 10**9 or now - int(LOOK_BACK_S)
        window = {"start": begin, "end": now + 1}
        found = self.json("/api/search", q=query, limit=limit, **window)
        return [
            str(trace["traceID"]).rjust(32, "0") for trace in found.get("traces", [])
        ]


class Loki(Backend):
    """Log lines, by LogQL."""

    def lines(
        self, query: str = EVERYTHING, *, since: int = 0, until: int = 0
    ) -> list[LogLine]:
        """All lines that the query finds, earliest first; from the last hour to now."""
        start = since or time.time_ns() - int(LOOK_BACK_S * 1e9)
        return list(self.paged(query, start, until or time.time_ns() + 10**9))

    def paged(self, query: str, start: int, end: int) -> Iterator[LogLine]:
        """The same, a page at a time, between two instants in nanoseconds.

        A page may end amid the lines of an instant: the next one begins with that instant.
        """
        window = {"end": end, "limit": PAGE, "direction": "forward"}
        known: list[LogLine] = []
        while True:
            page = lines_of(self.json(RANGE, query=query, start=start, **window))
            yield from (line for line in page if line not in known)
            if len(page) < PAGE:
                return
            last = page[-1].time
            start = last if last > start else last + 1
            known = [line for line in page if line.time == last]

    def of_trace(self, trace: str, *, since: int = 0) -> list[LogLine]:
        return self.lines(by_trace(trace), since=since)


class Prometheus(Backend):
    """Metrics, by PromQL."""

    def now(self, query: str) -> list[Sample]:
        return samples_of(self.json("/api/v1/query", query=query))

    def total(self, query: str) -> float:
        """The sum of what the query gives now; nothing yet counts as zero."""
        return sum(sample.value for sample in self.now(query))

    def exemplars(self, query: str) -> list[Sample]:
        now = time.time()
        window = {"start": now - LOOK_BACK_S, "end": now + 1}
        return exemplars_of(self.json("/api/v1/query_exemplars", query=query, **window))


@dataclass(frozen=True, slots=True)
class Backends:
    """The three of one instance."""

    tempo: Tempo
    loki: Loki
    prometheus: Prometheus

    @classmethod
    @contextmanager
    def of(cls, places: Places) -> Iterator[Self]:
        """The backends of an instance, asked over connections that are kept open."""
        with (
            Tempo(places.url("TEMPO_PORT")) as tempo,
            Loki(places.url("LOKI_PORT")) as loki,
            Prometheus(places.url("PROMETHEUS_PORT")) as prometheus,
        ):
            yield cls(tempo, loki, prometheus)


def by_trace(*traces: str) -> str:
    """The query for the lines of a trace, or of several."""
    matches = "=~" if len(traces) > 1 else "="
    return f'{EVERYTHING} | trace_id{matches}"{"|".join(traces)}"'
