"""The caller's end of each trace: one CLIENT span per request, and its part in the figures.

Without the span the gateway's would name a parent that nobody ever saw, and the service
graph would lose its first edge. Locust's own tracing knows HttpUser only.
"""

import os
import secrets
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from loadtests.telemetry.figures import figures
from loadtests.telemetry.otlp import Value, attributes

OK, ERROR, CLIENT = 0, 2, 3
KEPT = 20_000
"""Spans waiting for the collector: of five minutes at 60 requests a second, and some 30 MB.
Past this the oldest is forgotten."""

SAMPLED = float(os.environ.get("LOAD_SAMPLED", "1"))
"""The share of requests whose traces are kept; of the others no service keeps a span."""

JOURNEY = os.environ.get("LOAD_JOURNEY", "")
"""What all this process does is one journey, whatever the parts of it are called."""

waiting: deque[dict[str, Any]] = deque(maxlen=KEPT)


def _trace_id() -> str:
    """Random; none begins with a zero, which Tempo leaves away where TraceQL compares."""
    return secrets.choice("123456789abcdef") + secrets.token_hex(16)[1:]


@dataclass(slots=True)
class Call:
    """One request under way, and the trace that it starts."""

    name: str
    journey: str = ""
    step: str = ""
    trace_id: str = field(default_factory=_trace_id)
    span_id: str = field(default_factory=lambda: secrets.token_hex(8))
    facts: dict[str, Value] = field(default_factory=dict)
    failed: bool = False
    result: str = ""
    """ok, fail or indeterminate; unsaid, `failed` decides."""

    @property
    def sampled(self) -> bool:
        return is_kept(self.trace_id, SAMPLED)

    @property
    def traceparent(self) -> str:
        """W3C: whether the whole way is kept is decided here, at its head."""
        return f"00-{self.trace_id}-{self.span_id}-{self.sampled:02d}"

    @property
    def headers(self) -> dict[str, str]:
        """What goes along with the request: its trace, and whose journey it is part of."""
        told = {"baggage": f"journey={self.journey}"} if self.journey else {}
        return {"traceparent": self.traceparent, **told}


def is_kept(trace_id: str, share: float) -> bool:
    """Its id says so, as OpenTelemetry's samplers have it: whoever asks later knows."""
    return int(trace_id[16:], 16) < share * 2**64


@contextmanager
def called(name: str, journey: str = "", step: str = "") -> Iterator[Call]:
    """What happens inside is a request: it counts, and has its span if it is sampled.

    The step is what the request is for; else `facts["load.step"]` says so, or the name.
    """
    call = Call(name, JOURNEY or journey, step)
    begun = time.time_ns()
    try:
        yield call
    finally:
        _close(call, begun, time.time_ns())


def _close(call: Call, begun: int, ended: int) -> None:
    step = call.step or str(call.facts.get("load.step", call.name))
    result = call.result or ("indeterminate" if call.failed else "ok")
    trace = (call.trace_id, call.span_id) if call.sampled else None
    figures.seen(step, call.journey, result, (ended - begun) / 1e9, trace)
    if call.sampled:
        waiting.append(_span(call, step, begun, ended))


def _span(call: Call, step: str, begun: int, ended: int) -> dict[str, Any]:
    told = {"load.step": step, **call.facts}
    if call.journey:
        told["payscope.journey"] = call.journey
    return {
        "traceId": call.trace_id,
        "spanId": call.span_id,
        "name": call.name,
        "kind": CLIENT,
        "startTimeUnixNano": str(begun),
        "endTimeUnixNano": str(ended),
        "attributes": attributes(told),
        "status": {"code": ERROR if call.failed else OK},
    }
