"""Spans and their events as Tempo has them: some traces of each name that was counted."""

from collections.abc import Iterator
from typing import Any

from native.backends import Backends, Tempo

from .arriving import Told

Json = dict[str, Any]

CALLS = "count by (service_name, span_name, span_kind) (traces_spanmetrics_calls_total)"
EVENTS = "/api/v2/search/tag/event:name/values"
LOOKED_AT = 6
"""Traces that are read for each name of a span."""


def spans(
    backends: Backends, since: float, until: float
) -> tuple[set[Told], set[Told]]:
    """Spans, and the events on them; each once for each set of keys."""
    found: set[Told] = set()
    events: set[Told] = set()
    for trace in _traces(backends, since, until):
        for service, span in _in(backends.tempo, trace):
            kind = str(span.get("kind", "")).removeprefix("SPAN_KIND_").lower()
            found.add(Told(service, span["name"], _keys(span), kind))
            events |= {
                Told(service, each["name"], _keys(each))
                for each in span.get("events", ())
            }
    return found, events


def _traces(backends: Backends, since: float, until: float) -> set[str]:
    """The collector counts each span: who tells which names is asked of Prometheus."""
    window = {"start": int(since), "end": int(until) + 1}
    counted = backends.prometheus.json("/api/v1/query", query=CALLS, time=until)
    queries = [_of(**each["metric"]) for each in counted["data"]["result"]]
    told = backends.tempo.json(EVENTS, **window)
    queries += [f'{{ event:name = "{each["value"]}" }}' for each in told["tagValues"]]
    found: set[str] = set()
    for query in queries:
        asked = {"q": query, "limit": LOOKED_AT, **window}
        answer = backends.tempo.json("/api/search", **asked)
        found |= {each["traceID"] for each in answer.get("traces", ())}
    return found


def _of(service_name: str, span_name: str, span_kind: str) -> str:
    kind = span_kind.removeprefix("SPAN_KIND_").lower()
    return (
        f'{{ resource.service.name = "{service_name}" && name = "{span_name}"'
        f" && kind = {kind} }}"
    )


def _in(tempo: Tempo, trace: str) -> Iterator[tuple[str, Json]]:
    answer = tempo.json(f"/api/traces/{trace.rjust(32, '0')}")
    told = answer.get("trace", answer)
    for batch in told.get("batches") or told.get("resourceSpans") or ():
        service = _service(batch.get("resource", {}))
        for scope in batch.get("scopeSpans", ()):
            for span in scope.get("spans", ()):
                yield service, span


def _service(resource: Json) -> str:
    return next(
        (
            str(each["value"].get("stringValue"))
            for each in resource.get("attributes", ())
            if each["key"] == "service.name"
        ),
        "?",
    )


def _keys(told: Json) -> frozenset[str]:
    return frozenset(each["key"] for each in told.get("attributes", ()))
