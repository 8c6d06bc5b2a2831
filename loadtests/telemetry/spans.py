"""The caller's end of each trace: one CLIENT span per request, sent by OTLP as JSON.

Without it the gateway's span would name a parent that nobody ever saw, and the service
graph would lose its first edge. Locust's own tracing knows HttpUser only.
"""

import json
import logging
import os
import random
import secrets
import threading
import time
import urllib.request
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

OK, ERROR, CLIENT = 0, 2, 3
KEPT = 5_000
"""Spans waiting for the collector; past this the oldest is forgotten."""

EVERY_S = 0.5

SAMPLED = float(os.environ.get("LOAD_SAMPLED", "1"))
"""The share of requests whose traces are kept; of the others no service keeps a span."""

_log = logging.getLogger("spans")  # noqa: TID251  (a load generator has no kit)
_waiting: deque[dict[str, Any]] = deque(maxlen=KEPT)


@dataclass
class Call:
    """One request under way, and the trace that it starts."""

    name: str
    journey: str = ""
    trace_id: str = field(default_factory=lambda: secrets.token_hex(16))
    span_id: str = field(default_factory=lambda: secrets.token_hex(8))
    facts: dict[str, str | int] = field(default_factory=dict)
    failed: bool = False
    sampled: bool = field(default_factory=lambda: random.random() < SAMPLED)

    @property
    def traceparent(self) -> str:
        """W3C: whether the whole way is kept is decided here, at its head."""
        return f"00-{self.trace_id}-{self.span_id}-{self.sampled:02d}"

    @property
    def headers(self) -> dict[str, str]:
        """What goes along with the request: its trace, and whose journey it is part of."""
        told = {"baggage": f"journey={self.journey}"} if self.journey else {}
        return {"traceparent": self.traceparent, **told}


@contextmanager
def called(name: str, journey: str = "") -> Iterator[Call]:
    """Keep the span of what happens inside, if its trace is sampled."""
    call = Call(name, journey)
    begun = time.time_ns()
    try:
        yield call
    finally:
        if call.sampled:
            _waiting.append(_span(call, begun, time.time_ns()))


def send_for_ever() -> None:
    """Runs beside the load (Locust makes it a greenlet); an absent collector costs spans."""
    threading.Thread(target=_sending, daemon=True).start()


def _sending() -> None:
    here = os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318")
    while True:
        time.sleep(EVERY_S)
        spans = [_waiting.popleft() for _ in range(len(_waiting))]
        if spans:
            _send(f"{here}/v1/traces", spans)


def _send(url: str, spans: list[dict[str, Any]]) -> None:
    scopes = [{"scope": {"name": "loadtests"}, "spans": spans}]
    whole = {"resourceSpans": [{"resource": _resource(), "scopeSpans": scopes}]}
    request = urllib.request.Request(  # noqa: S310  (our own collector)
        url, json.dumps(whole).encode(), {"Content-Type": "application/json"}
    )
    try:
        urllib.request.urlopen(request, timeout=5).close()  # noqa: S310  (our collector)
    except OSError as away:
        _log.warning("%d spans lost: %s", len(spans), away)


def _span(call: Call, begun: int, ended: int) -> dict[str, Any]:
    return {
        "traceId": call.trace_id,
        "spanId": call.span_id,
        "name": call.name,
        "kind": CLIENT,
        "startTimeUnixNano": str(begun),
        "endTimeUnixNano": str(ended),
        "attributes": _attributes(call.facts),
        "status": {"code": ERROR if call.failed else OK},
    }


def _resource() -> dict[str, Any]:
    given = os.environ.get(
        "OTEL_RESOURCE_ATTRIBUTES",
        "service.namespace=payscope,service.instance.id=locust-1",
    )
    pairs = dict(pair.split("=", 1) for pair in given.split(","))
    return {"attributes": _attributes({"service.name": "locust", **pairs})}


def _attributes(facts: dict[str, str | int]) -> list[dict[str, Any]]:
    return [{"key": key, "value": _value(value)} for key, value in facts.items()]


def _value(value: str | int) -> dict[str, str]:
    kind = "intValue" if isinstance(value, int) else "stringValue"
    return {kind: str(value)}
