"""Starts the three OpenTelemetry providers from the standard `OTEL_*` variables."""

import importlib.metadata
import logging
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from opentelemetry import _logs, metrics, trace
from opentelemetry.distro import OpenTelemetryConfigurator, OpenTelemetryDistro
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from apps.kit import attempts, encoding, logs, persevering
from apps.kit.ids import IDS

DEFAULTS = {
    # Large batches hold the interpreter lock while they are serialised: p99 suffers. Many
    # small ones cost the collector more than the spans in them do.
    "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "256",
    "OTEL_BSP_SCHEDULE_DELAY": "500",
    "OTEL_BLRP_MAX_EXPORT_BATCH_SIZE": "256",
    "OTEL_BLRP_SCHEDULE_DELAY": "500",
    # What waits for the collector does so elsewhere (persevering.py); these only bridge
    # the moments in which everything else has the interpreter.
    "OTEL_BSP_MAX_QUEUE_SIZE": "8192",
    "OTEL_BLRP_MAX_QUEUE_SIZE": "8192",
    "OTEL_METRIC_EXPORT_INTERVAL": "5000",
    "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4317",
    # Baggage has its own way: apps/kit/baggage.py lets one key of it in.
    "OTEL_PROPAGATORS": "tracecontext",
}
"""Used where the environment says nothing. Times in milliseconds."""

SELF = "OTEL_PYTHON_SDK_INTERNAL_METRICS_ENABLED"
"""What the SDK tells of itself: what its queues hold and drop, what it sends, and how
many spans begin. The last costs an eighth of a service's CPU, and nobody asks for it."""

FLUSH_S = 5.0
"""How long a stopping process waits for its last spans, lines and figures."""


def start(service: str) -> None:
    """Make the providers and the log chain of this process. Call once, first."""
    for name, value in DEFAULTS.items():
        os.environ.setdefault(name, value)
    os.environ.setdefault("OTEL_SERVICE_NAME", service)
    os.environ["OTEL_RESOURCE_ATTRIBUTES"] = _identity(service)
    encoding.lend()
    attempts.lend()
    with _telling_of_queues():
        OpenTelemetryDistro().configure()
        OpenTelemetryConfigurator().configure(  # type: ignore[no-untyped-call]
            id_generator=IDS,
            export_span_processor=_spans,
            export_log_record_processor=_lines,
        )
    persevering.before_figures(metrics.get_meter_provider())
    logs.start(os.environ["OTEL_SERVICE_NAME"])


def _spans(exporter: Any) -> BatchSpanProcessor:
    written = encoding.written_spans
    return BatchSpanProcessor(persevering.before(exporter, "traces", written))


def _lines(exporter: Any) -> BatchLogRecordProcessor:
    written = encoding.written_lines
    return BatchLogRecordProcessor(persevering.before(exporter, "logs", written))


@contextmanager
def _telling_of_queues() -> Iterator[None]:
    """Queues read the variable as they are made, here; tracers do, later on."""
    if SELF in os.environ:
        yield
        return
    os.environ[SELF] = "true"
    try:
        yield
    finally:
        os.environ[SELF] = "false"


def stop() -> None:
    """Send what is still held, for no longer than `FLUSH_S` in all."""
    logs.stop()
    providers = (
        trace.get_tracer_provider(),
        metrics.get_meter_provider(),
        _logs.get_logger_provider(),
    )
    flushes = [
        threading.Thread(target=provider.shutdown, daemon=True)
        for provider in providers
        if hasattr(provider, "shutdown")
    ]
    for flush in flushes:
        flush.start()
    deadline = time.monotonic() + FLUSH_S
    for flush in flushes:
        flush.join(max(0.0, deadline - time.monotonic()))
    logging.shutdown()


def instance(service: str) -> str:
    """Which replica of the service this process is, as its telemetry says."""
    given = os.environ.get("OTEL_RESOURCE_ATTRIBUTES", "")
    pairs = dict(pair.strip().partition("=")[::2] for pair in given.split(","))
    return pairs.get("service.instance.id", f"{service}-1")


def _identity(service: str) -> str:
    """Complete the resource: one stable identity per replica, never a random one."""
    given = os.environ.get("OTEL_RESOURCE_ATTRIBUTES", "")
    known = {pair.partition("=")[0].strip() for pair in given.split(",")}
    fallback = {
        "service.namespace": "payscope",
        "service.version": importlib.metadata.version("payscope"),
        "service.instance.id": f"{service}-1",
        "deployment.environment.name": "local",
    }
    added = [f"{key}={value}" for key, value in fallback.items() if key not in known]
    return ",".join(filter(None, [given, *added]))
