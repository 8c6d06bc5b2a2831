"""What a test can ask of the telemetry that the code under test told."""

import json
import logging
from typing import Any

from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import Counter, Histogram, MeterProvider
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    InMemoryMetricReader,
)
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from apps.kit import logs
from apps.kit.auth import SCOPES, Caller, Reason, Refused
from apps.kit.errors import Unauthenticated

HOUSE = {"Authorization": "Bearer house"}
"""The headers of one who may do everything, where a `Doorman` reads them."""

DELTA: dict[type, AggregationTemporality] = {
    Counter: AggregationTemporality.DELTA,
    Histogram: AggregationTemporality.DELTA,
}


class Told(logging.Handler):
    """Hears spans, lines and figures as the exporters would; one per process."""

    def __init__(self) -> None:
        super().__init__()
        self._spans = InMemorySpanExporter()
        self._reader = InMemoryMetricReader(preferred_temporality=DELTA)
        self._lines: list[str] = []
        self._points: list[tuple[str, dict[str, Any], float]] = []
        tracers = TracerProvider()
        tracers.add_span_processor(SimpleSpanProcessor(self._spans))
        trace.set_tracer_provider(tracers)
        metrics.set_meter_provider(MeterProvider([self._reader]))
        logs.start("test", out=self._lines.append)
        self.setFormatter(logs.Line("test"))
        self.addFilter(logs.Masked())
        self.addFilter(logs.counted)
        logging.getLogger().handlers[:] = [self]

    def emit(self, record: logging.LogRecord) -> None:
        self._lines.append(self.format(record))

    def forget(self) -> None:
        """Start afresh: what was told before is another test's."""
        self._spans.clear()
        self._lines.clear()
        self._collect()
        self._points.clear()

    @property
    def spans(self) -> list[ReadableSpan]:
        return list(self._spans.get_finished_spans())

    def span(self, name: str) -> ReadableSpan:
        """The one span of that name."""
        (found,) = (span for span in self.spans if span.name == name)
        return found

    def event(self, name: str) -> dict[str, Any]:
        """The one log line of that event, as it stands on stdout."""
        (found,) = self.events(name)
        return found

    def events(self, name: str) -> list[dict[str, Any]]:
        return [line for line in self.lines() if line["event"] == name]

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._lines]

    def counted(self, name: str, **labels: str) -> float:
        """How often a counter or histogram took these labels, dots written as `_`."""
        self._collect()
        return sum(
            count
            for metric, point, count in self._points
            if metric == name and labels.items() <= point.items()
        )

    def measured(self, name: str, **labels: str) -> float | None:
        """What a gauge was last set to under these labels."""
        self._collect()
        found = [
            value
            for metric, point, value in self._points
            if metric == name and labels.items() <= point.items()
        ]
        return found[-1] if found else None

    def everything(self) -> str:
        """All that was told, as one text to search."""
        self._collect()
        spans = [span.to_json() for span in self.spans]
        return "\n".join([*spans, *self._lines, repr(self._points)])

    def _collect(self) -> None:
        data = self._reader.get_metrics_data()
        for resource in data.resource_metrics if data else ():
            for scope in resource.scope_metrics:
                for metric in scope.metrics:
                    for point in metric.data.data_points:
                        self._points.append(
                            (metric.name, _labels(point), _count(point))
                        )


def _labels(point: Any) -> dict[str, Any]:
    return {key.replace(".", "_"): value for key, value in point.attributes.items()}


def _count(point: Any) -> float:
    return float(point.count if hasattr(point, "count") else point.value)


class Doorman:
    """Tokens for tests: a token's words say who comes, `<client>[@<merchant>] <scope>…`.

    The plain word `house` may do everything, for every merchant.
    """

    async def caller(self, token: str) -> Caller:
        if not token:
            raise Refused(Reason.MISSING)
        who, *scopes = token.split(" ")
        if not scopes and who != "house":
            raise Unauthenticated("Not a token.")
        client, _, merchant = who.partition("@")
        return Caller(client, frozenset(scopes or SCOPES), merchant or None)
