"""Names that others tell: the servers around us, and what is derived from our spans."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Foreign:
    """All names that begin so, on this signal, are theirs."""

    prefix: str
    signal: Literal["metric", "span", "event", "attribute"]
    who: str
    about: str


def _metrics(who: str, about: str, *prefixes: str) -> tuple[Foreign, ...]:
    return tuple(Foreign(prefix, "metric", who, about) for prefix in prefixes)


FOREIGN: tuple[Foreign, ...] = (
    *_metrics("otel-collector", "of itself", "otelcol_"),
    *_metrics(
        "otel-collector",
        "derived from spans: rate, errors, duration, the graph",
        "traces_",
    ),
    *_metrics(
        "otel-collector", "masked behind the services: a fault", "telemetry_leaks"
    ),
    *_metrics(
        "SDK of OpenTelemetry", "what its queues hold, drop and send", "otel_sdk_"
    ),
    *_metrics(
        "prometheus", "of itself, and of what it scrapes", "prometheus_", "scrape_"
    ),
    *_metrics("prometheus", "whether what is scraped answers", "up"),
    *_metrics("prometheus", "rules: prometheus/rules", "slo:", "service:", "ALERTS"),
    *_metrics("prometheus", "the resource of each OTLP sender", "target_info"),
    *_metrics("loki", "of itself", "loki_", "logql_"),
    *_metrics("tempo", "of itself", "tempo_", "tempodb_", "traceql_"),
    *_metrics("alertmanager", "of itself", "alertmanager_"),
    *_metrics("postgres", "its statistics, read by the collector", "postgresql_"),
    *_metrics("grafana", "of itself", "grafana_"),
    *_metrics(
        "Go programs", "their runtime, and libraries of theirs", "go_", "process_"
    ),
    *_metrics("Go programs", "what they listen to and dial", "net_conntrack_", "grpc_"),
    *_metrics("Go programs", "who asked for their metrics", "promhttp_"),
    *_metrics("loki", "its ring", "ring_", "lifecycler_", "kv_"),
    *_metrics("loki, tempo", "settings that will go", "deprecated_"),
    *_metrics("prometheus", "rules for the boards: prometheus/rules", "payments:"),
    *_metrics("locust", "of a load run", "load_"),
)


def is_foreign(name: str, signal: str) -> bool:
    """Somebody else's."""
    return any(
        each.signal == signal and name.startswith(each.prefix) for each in FOREIGN
    )
