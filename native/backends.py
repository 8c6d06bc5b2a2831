"""Where telemetry can be asked for: Tempo, Loki and Prometheus, each with its questions."""

import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Self, TypeVar
from urllib.parse import urlencode

import httpx

from .evidence import (
    LogLine,
    Sample,
    Span,
    exemplars_of,
    lines_of,
    samples_of,
    spans_of,
)
from .ports import Ports

T = TypeVar("T")

TIMEOUT_S = 5.0
"""A backend on loopback that is silent for longer is not well."""

PLAIN = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""All speak plain HTTP on loopback: nobody's certificates need to be loaded."""

PATIENCE_S = 10.0
"""Fresh telemetry takes about a second; past this it is missing."""

LOOK_BACK_S = 3600.0
PAGE = 5000
RANGE = "/loki/api/v1/query_range"
EVERYTHING = '{service_namespace="payscope"}'


class Unanswered(Exception):
    """A backend that cannot be asked, or that refuses the question."""


class NotInTime(Exception):
    """What was waited for did not come; says what was seen last."""


def until(
    read: Callable[[], T],
    holds: Callable[[T], bool] = bool,
    *,
    within: float = PATIENCE_S,
    every: float = 0.1,
) -> T:
    """What `read` gives as soon as `holds` accepts it; NotInTime past the deadline."""
    deadline = time.monotonic() + within
    while True:
        try:
            seen: object = (value := read())
            if holds(value):
                return value
        except Unanswered as silence:
            seen = silence
        if time.monotonic() >= deadline:
            raise NotInTime(f"not within {within:g} s; last seen: {seen!r:.1000}")
        time.sleep(every)


def client(timeout_s: float, **headers: str) -> httpx.Client:
    """A client that goes straight to its server, whatever proxies there are."""
    return httpx.Client(
        timeout=timeout_s,
        trust_env=False,
        verify=PLAIN,
        headers=headers,
        limits=httpx.Limits(keepalive_expiry=2.0),  # servers keep them longer
    )


@dataclass(frozen=True, slots=True)
class Backend:
    """One server that answers questions about telemetry in JSON."""

    url: str
    http: httpx.Client = field(default_factory=lambda: client(TIMEOUT_S))

    def link(self, path: str, **params: Any) -> str:
        """The address of a question, for people to open."""
        return f"{self.url}{path}" + (f"?{urlencode(params)}" if params else "")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_fault: object) -> None:
        self.http.close()

    @contextmanager
    def asked(self) -> Iterator[None]:
        """Silence inside has a name outside."""
        try:
            yield
        except httpx.HTTPError as silence:
            who = type(self).__name__
            raise Unanswered(f"{who} at {self.url}: {silence!r}") from silence

    def get(self, path: str, **params: Any) -> httpx.Response:
        with self.asked():
            return self.http.get(f"{self.url}{path}", params=params or None)

    def json(self, path: str, **params: Any) -> Any:
        return self.understood(self.get(path, **params))

    def understood(self, answer: httpx.Response) -> Any:
        if answer.is_error:
            raise Unanswered(
                f"{type(self).__name__} said {answer.status_code} to {answer.url}: "
                f"{answer.text[:300].strip()}"
            )
        return answer.json()


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

    def lines(self, query: str = EVERYTHING, *, since: int = 0) -> list[LogLine]:
        """All lines that the query finds, earliest first; from the last hour on."""
        start = since or time.time_ns() - int(LOOK_BACK_S * 1e9)
        window = {"end": time.time_ns() + 10**9, "limit": PAGE, "direction": "forward"}
        found: list[LogLine] = []
        while True:
            page = lines_of(self.json(RANGE, query=query, start=start, **window))
            found += page
            if len(page) < PAGE:
                return found
            start = page[-1].time + 1

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
    def of(cls, ports: Ports) -> Iterator[Self]:
        """The backends of an instance, asked over connections that are kept open."""
        with (
            Tempo(ports.url("TEMPO_PORT")) as tempo,
            Loki(ports.url("LOKI_PORT")) as loki,
            Prometheus(ports.url("PROMETHEUS_PORT")) as prometheus,
        ):
            yield cls(tempo, loki, prometheus)


def by_trace(*traces: str) -> str:
    """The query for the lines of a trace, or of several."""
    matches = "=~" if len(traces) > 1 else "="
    return f'{EVERYTHING} | trace_id{matches}"{"|".join(traces)}"'
