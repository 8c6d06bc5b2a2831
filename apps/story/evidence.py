"""What the backends keep of a payment: spans, log lines and samples, as plain values."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .otlp import Json, facts, hexed

HEX_SPAN_ID = 16
HEX_TRACE_ID = 32


@dataclass(frozen=True, slots=True)
class Link:
    """Another span that this one came of, without being its child."""

    trace: str
    span: str


@dataclass(frozen=True, slots=True)
class Met:
    """What a span met on its way: an event of its own."""

    time: int
    name: str
    attributes: Json


@dataclass(frozen=True, slots=True)
class Span:
    """One piece of work, as Tempo returns it; times are nanoseconds since 1970."""

    trace: str
    id: str
    parent: str
    service: str
    name: str
    kind: str
    start: int
    end: int
    status: str
    message: str
    attributes: Json
    links: tuple[Link, ...] = ()
    events: tuple[Met, ...] = ()

    @property
    def ms(self) -> float:
        return (self.end - self.start) / 1e6

    @property
    def failed(self) -> bool:
        return self.status == "ERROR"

    def fact(self, *names: str) -> str:
        """The first of these attributes that the span has, as text."""
        return next(
            (str(self.attributes[n]) for n in names if n in self.attributes), ""
        )


@dataclass(frozen=True, slots=True)
class LogLine:
    """One event, as Loki returns it: labels and structured metadata are its facts."""

    time: int
    body: str
    facts: Mapping[str, str]

    @property
    def service(self) -> str:
        return self.facts.get("service_name", "")

    @property
    def level(self) -> str:
        said = self.facts.get("severity_text") or self.facts.get("detected_level", "")
        return said.lower()

    @property
    def trace(self) -> str:
        return self.facts.get("trace_id", "")


@dataclass(frozen=True, slots=True)
class Sample:
    """One value of one series at one time (seconds since 1970)."""

    labels: Mapping[str, str]
    time: float
    value: float


def spans_of(answer: Json) -> list[Span]:
    """All spans of an OTLP JSON answer, earliest first, each once."""
    answer = answer.get("trace", answer)
    found: dict[str, Span] = {}
    for batch in answer.get("batches") or answer.get("resourceSpans") or []:
        service = str(facts(batch.get("resource", {})).get("service.name", "?"))
        for scope in batch.get("scopeSpans", []):
            for raw in scope.get("spans", []):
                span = _span(raw, service)
                found[span.id] = span
    return sorted(found.values(), key=lambda span: (span.start, -span.end))


def lines_of(answer: Json) -> list[LogLine]:
    """All log lines of a Loki answer, earliest first."""
    lines = [
        LogLine(int(time), body, stream["stream"])
        for stream in answer["data"]["result"]
        for time, body, *_ in stream["values"]
    ]
    return sorted(lines, key=lambda line: line.time)


def samples_of(answer: Json) -> list[Sample]:
    """All samples of an instant vector."""
    return [
        Sample(series["metric"], float(series["value"][0]), float(series["value"][1]))
        for series in answer["data"]["result"]
    ]


def exemplars_of(answer: Json) -> list[Sample]:
    """All exemplars of an answer; their own labels (trace_id) win over the series'."""
    return [
        Sample(
            {**series["seriesLabels"], **mark["labels"]},
            float(mark["timestamp"]),
            float(mark["value"]),
        )
        for series in answer["data"]
        for mark in series["exemplars"]
    ]


def roots(spans: list[Span]) -> list[Span]:
    return [span for span in spans if not span.parent]


def orphans(spans: list[Span]) -> list[Span]:
    """Spans that name a parent which is not there, or not yet."""
    known = {span.id for span in spans}
    return [span for span in spans if span.parent and span.parent not in known]


def whole(spans: list[Span], services: Iterable[str]) -> bool:
    """One root, no orphan, and a span of every service that has a part in it."""
    told = {span.service for span in spans}
    return len(roots(spans)) == 1 and not orphans(spans) and told >= set(services)


def _span(raw: Json, service: str) -> Span:
    status = raw.get("status", {})
    return Span(
        trace=hexed(raw["traceId"], HEX_TRACE_ID),
        id=hexed(raw["spanId"], HEX_SPAN_ID),
        parent=hexed(raw.get("parentSpanId", ""), HEX_SPAN_ID),
        service=service,
        name=raw.get("name", ""),
        kind=str(raw.get("kind", "")).removeprefix("SPAN_KIND_"),
        start=int(raw["startTimeUnixNano"]),
        end=int(raw["endTimeUnixNano"]),
        status=str(status.get("code", "UNSET")).removeprefix("STATUS_CODE_"),
        message=status.get("message", ""),
        attributes=facts(raw),
        links=tuple(
            Link(
                hexed(link["traceId"], HEX_TRACE_ID), hexed(link["spanId"], HEX_SPAN_ID)
            )
            for link in raw.get("links", [])
        ),
        events=tuple(
            Met(int(met["timeUnixNano"]), met.get("name", ""), facts(met))
            for met in raw.get("events", [])
        ),
    )
