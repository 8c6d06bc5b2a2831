"""Finds all that the backends know of one payment and puts it together as its story."""

import json
import re
import time
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import quote

from .backends import (
    EVERYTHING,
    RANGE,
    Backend,
    Backends,
    NotInTime,
    Unanswered,
    by_trace,
    client,
    until,
)
from .evidence import LogLine, Span, orphans, roots
from .gateway import Gateway
from .ports import Ports

TRACE_ID = re.compile(r"[0-9a-f]{32}")
SOME_ID = re.compile(r"[0-9a-z-]{8,64}")
DECISIONS = "sum by (payment_verdict) (payments_decisions_total)"

STABLE_READS = 3
"""A trace that has not grown for so many reads is taken as all there is."""

SLACK_NS = 300 * 10**9
"""Clocks differ, and a line may be written before the span that it belongs to."""

KEPT_NS = 72 * 3600 * 10**9
"""So long Loki keeps its lines."""

READ_EVERY_S = 0.25
SETTLED_WITHIN_S = 6.0


@dataclass(frozen=True, slots=True)
class Story:
    """Everything that is known of one request."""

    trace: str
    payment: dict[str, Any] | None
    spans: list[Span]
    lines: list[LogLine]
    links: list[tuple[str, str]]

    @property
    def root(self) -> Span | None:
        return next(iter(roots(self.spans) or self.spans), None)

    @property
    def start(self) -> int:
        return min([span.start for span in self.spans] or [self.lines[0].time])

    def data(self) -> dict[str, Any]:
        """The same for scripts."""
        return asdict(self)


def find_story(ports: Ports, id_: str) -> Story | None:
    """Gather what gateway, Tempo and Loki know; waits while it is still coming in."""
    with Backends.of(ports) as backends, Gateway(ports.url("GATEWAY_PORT")) as gateway:
        trace = _trace_of(id_.strip().lower(), gateway, backends)
        if not trace:
            return None
        spans = settled(backends, trace)
        since = spans[0].start - SLACK_NS if spans else _days_ago()
        lines = backends.loki.of_trace(trace, since=since)
        if not spans and not lines:
            return None
        links = _links(ports, backends, trace)
        return Story(trace, _payment(gateway, lines), spans, lines, links)


def settled(backends: Backends, trace: str) -> list[Span]:
    """The spans of a trace once it has a root, no orphan, and has stopped growing."""
    sizes: list[int] = []

    def stands(spans: list[Span]) -> bool:
        sizes.append(len(spans) if roots(spans) and not orphans(spans) else 0)
        last = sizes[-STABLE_READS:]
        return (
            len(last) == STABLE_READS
            and last == last[:1] * STABLE_READS
            and last[0] > 0
        )

    def read() -> list[Span]:
        return backends.tempo.trace(trace)

    try:
        return until(read, stands, within=SETTLED_WITHIN_S, every=READ_EVERY_S)
    except NotInTime:
        return read()


def _trace_of(id_: str, gateway: Gateway, backends: Backends) -> str:
    """The TraceID itself, or the one that the gateway or Loki has for a payment."""
    if TRACE_ID.fullmatch(id_) or not SOME_ID.fullmatch(id_):
        return id_ if TRACE_ID.fullmatch(id_) else ""
    if payment := _asked(gateway, id_):
        return str(payment["trace_id"])
    query = f'{EVERYTHING} | payment_id="{id_}"'
    lines = backends.loki.lines(query, since=_days_ago())
    return next((line.trace for line in lines if line.trace), "")


def _days_ago() -> int:
    return time.time_ns() - KEPT_NS


def _payment(gateway: Gateway, lines: list[LogLine]) -> dict[str, Any] | None:
    ids = (line.facts.get("payment_id", "") for line in lines)
    id_ = next(filter(None, ids), "")
    return _asked(gateway, id_) if id_ else None


def _asked(gateway: Gateway, id_: str) -> dict[str, Any] | None:
    """The payment, if the gateway is there and knows it; the story does not need it."""
    try:
        return gateway.payment(id_)
    except Unanswered:
        return None


def _links(ports: Ports, backends: Backends, trace: str) -> list[tuple[str, str]]:
    drawn = {"g0.expr": DECISIONS, "g0.tab": "0"}
    links = [
        ("Trace", backends.tempo.link(f"/api/traces/{trace}")),
        ("Log lines", backends.loki.link(RANGE, query=by_trace(trace))),
        ("Metrics", backends.prometheus.link("/graph", **drawn)),
    ]
    grafana = ports.url("GRAFANA_PORT")
    try:
        with Backend(grafana, client(0.5)) as there:
            there.get("/api/health")
    except Unanswered:
        return links
    return [
        ("Grafana", f"{grafana}/explore?schemaVersion=1&panes={_pane(trace)}"),
        *links,
    ]


def _pane(trace: str) -> str:
    """Grafana's Explore on one trace, as its address bar writes it."""
    tempo = {"type": "tempo", "uid": "tempo"}
    query = {"refId": "A", "datasource": tempo, "queryType": "traceql", "query": trace}
    span = {"from": "now-1h", "to": "now"}
    return quote(
        json.dumps({"a": {"datasource": "tempo", "queries": [query], "range": span}})
    )
