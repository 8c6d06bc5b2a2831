"""What the parts of the telemetry pipeline say of themselves over a run."""

import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from .counting import BEFORE_S, grown
from .expected import over
from .reading import Run
from .sources import Sources


@dataclass(frozen=True, slots=True)
class Figure:
    """How much of it there was; `must_be_zero` says that any is a loss."""

    part: str
    about: str
    value: float
    must_be_zero: bool

    @property
    def is_loss(self) -> bool:
        return self.must_be_zero and self.value > 0

    def data(self) -> dict[str, Any]:
        return {**asdict(self), "is_loss": self.is_loss}


DRAINED_S = 120.0
"""So long after a run may be sent what waited in it."""

THINGS = {"spans": ("span", "spans"), "lines": ("log", "log_records")}
"""As the SDK calls them, and as the collector does."""

POINTS = "metric_points"
LOST = 'error_type!=""'

REFUSED = {
    "Loki": ("lines discarded", "loki_discarded_samples_total"),
    "Tempo": ("spans discarded", "tempo_discarded_spans_total"),
}
UNDECIDED = "otelcol_processor_tail_sampling_sampling_trace_dropped_too_early_total"
"""Forgotten by a collector that samples, before their time."""

TOO_LATE = "tempo_metrics_generator_spans_discarded_total"
"""They are stored; TraceQL metrics do not know them."""

PROMETHEUS = {
    "samples out of order": "prometheus_tsdb_out_of_order_samples_total",
    "samples too old": "prometheus_tsdb_too_old_samples_total",
    "samples out of bounds": "prometheus_tsdb_out_of_bound_samples_total",
}


def counters() -> Iterator[tuple[str, str, str, bool]]:
    """Part, what it counts, the series, and whether any is a loss."""
    for things, (sdk, _) in THINGS.items():
        exported = f"otel_sdk_exporter_{sdk}_exported_total"
        dropped = f"otel_sdk_processor_{sdk}_processed_total"
        yield "services", f"{things} sent", f'{exported}{{error_type=""}}', False
        yield "services", f"{things} dropped, queue", f"{dropped}{{{LOST}}}", True
        yield "services", f"{things} lost", f"{exported}{{{LOST}}}", True
    yield "services", "exports made again", "telemetry_export_retries_total", False
    for things in (*(name for _, name in THINGS.values()), POINTS):
        told = things.replace("_", " ").replace("log records", "lines")
        yield from _of_collector(things, told)
    yield "collector", "traces forgotten undecided", UNDECIDED, True
    yield "Tempo", "spans too late to be counted", TOO_LATE, True
    for part, (about, series) in REFUSED.items():
        yield part, about, series, True
    for about, series in PROMETHEUS.items():
        yield "Prometheus", about, series, True


def _of_collector(things: str, told: str) -> Iterator[tuple[str, str, str, bool]]:
    """What it refuses or has no room for is held by who told it, and sent again."""
    for what, metric, is_loss in (
        ("accepted", "receiver_accepted", False),
        ("refused", "receiver_refused", False),
        ("sent", "exporter_sent", False),
        ("not queued", "exporter_enqueue_failed", False),
        ("given up", "exporter_send_failed", True),
    ):
        series = f"otelcol_{metric}_{things}_total"
        yield "collector", f"{told} {what}", series, is_loss


LEVELS = {
    "spans in queues": ("services", "otel_sdk_processor_span_queue_size"),
    "lines in queues": ("services", "otel_sdk_processor_log_queue_size"),
    "spans on their way": ("services", "otel_sdk_exporter_span_inflight"),
    "lines on their way": ("services", "otel_sdk_exporter_log_inflight"),
    "bytes in queues": ("collector", "otelcol_exporter_queue_size"),
}
"""How many waited in one process, at most."""


def figures(sources: Sources, run: Run) -> list[Figure]:
    """Prometheus has them all; where it is silent there are none."""
    begin = run.started - BEFORE_S
    end = min(time.time(), over(run) + DRAINED_S)
    found: list[Figure] = []
    for part, about, series, is_loss in counters():
        with sources.asked("Prometheus") as may:
            if may:
                value = grown(sources, series, begin, end)
                found.append(Figure(part, about, value, is_loss))
    for about, (part, gauge) in LEVELS.items():
        query = f"max(max_over_time({gauge}[{int(end - begin)}s]))"
        with sources.asked("Prometheus") as may:
            if may:
                most = max(
                    (value for _, value in sources.figures(query, end)), default=0
                )
                found.append(
                    Figure(part, f"{about}, at most", most, must_be_zero=False)
                )
    return found
