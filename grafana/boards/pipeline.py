"""Telemetry pipeline: does what the services tell arrive, and what holds it up?

Queues and losses have the names of those who have them: the SDK's, the collector's, Loki's,
Tempo's and Prometheus' own.
"""

from functools import partial

from grafana_foundation_sdk.models.dashboard import Dashboard

from apps.kit import exports
from grafana.house import number
from grafana.panels import Panel, Rows, drawn, others, seldom
from grafana.promql import WINDOW

WHAT = "Does what the services tell arrive, and what holds it up."
DOORS = {"Runtime and databases": "payscope-runtime"}

KINDS = {"spans": "spans", "log lines": "log_records", "figures": "metric_points"}
SCRAPED = 'job=~"payscope/(otel-collector|loki|tempo|prometheus|alertmanager|grafana)"'


def rate(series: str, by: str = "") -> str:
    split = f" by ({by}) " if by else ""
    return f"sum{split}(rate({series}[{WINDOW}]))"


def of_collector(what: str) -> dict[str, str]:
    """The same figure for spans, lines and metrics."""
    return {name: rate(f"otelcol_{what}_{kind}_total") for name, kind in KINDS.items()}


def dropped_by_services(kind: str) -> str:
    """By a queue that overflowed, by who waited in vain, or by the collector's refusal."""
    names = f"otel_sdk_(processor_{kind}_processed|exporter_{kind}_exported)_total"
    return f'{{__name__=~"{names}", error_type!=""}}'


def held_by_services(kind: str) -> str:
    """Told and not sent: in the SDK's queue, or waiting for the collector."""
    names = f"otel_sdk_(processor_{kind}_queue_size|exporter_{kind}_inflight)"
    return f'sum by (service_name) ({{__name__=~"{names}"}})'


def lost() -> str:
    """Not taken behind, discarded there, or dropped by who told it.

    What the collector refuses, at its door or for want of room, its callers send again.
    """
    untaken = [f"otelcol_exporter_send_failed_{kind}_total" for kind in KINDS.values()]
    behind = ["loki_discarded_samples_total", "tempo_discarded_spans_total"]
    dropped = [dropped_by_services(kind) for kind in ("span", "log")]
    series = [*untaken, *behind, *dropped]
    return " + ".join(f"({rate(each)} or vector(0))" for each in series)


def arrived() -> Panel:
    """What left the collector, of what came; a queue that fills shows as less than 1."""
    came = " + ".join(
        f"({rate(f'otelcol_receiver_accepted_{kind}_total')} or vector(0))"
        for kind in ("spans", "log_records")
    )
    sent = " + ".join(
        f'({rate(f"""otelcol_exporter_sent_{kind}_total{{exporter=~".*({to})"}}""")}'
        " or vector(0))"
        for kind, to in (("spans", "tempo"), ("log_records", "loki"))
    )
    about = "Spans and lines sent on, of those that came; below 1 while a queue fills."
    return number("Sent on", about, "percentunit", f"({sent}) / ({came})")


def losing() -> Panel:
    about = (
        "Spans, lines and figures lost per second, anywhere on the way; 0 or a fault."
    )
    return number("Lost", about, "cps", lost())


def waiting() -> Panel:
    about = "The fullest of the collector's queues on disk, as a share of its room."
    expr = "max(otelcol_exporter_queue_size / otelcol_exporter_queue_capacity)"
    return number("Fullest queue", about, "percentunit", expr)


def answering() -> Panel:
    about = (
        "Servers of the pipeline that answer when Prometheus asks, of all there are."
    )
    expr = f"sum(up{{{SCRAPED}}}) / count(up{{{SCRAPED}}})"
    return number("Answering", about, "percentunit", expr)


ROWS: Rows = {
    "Now": (arrived, losing, waiting, answering),
    "Services": (
        partial(
            others,
            "Held by services",
            "Spans and lines told and not sent: a service holds them until they are.",
            "short",
            {
                "{{service_name}} spans": held_by_services("span"),
                "{{service_name}} lines": held_by_services("log"),
            },
        ),
        partial(
            others,
            "Lost by services",
            "Spans and lines that had no room, were refused for good, or came to an end.",
            "cps",
            {
                "{{service_name}} spans": rate(
                    dropped_by_services("span"), "service_name"
                ),
                "{{service_name}} lines": rate(
                    dropped_by_services("log"), "service_name"
                ),
            },
            none="Never.",
        ),
        partial(
            seldom,
            "Exports made again",
            "Spans, lines and figures that the collector did not take, and that wait.",
            exports.RETRIES,
            "service.name",
            "telemetry.signal",
        ),
    ),
    "Collector": (
        partial(
            others,
            "Received",
            "What services sent and the collector took.",
            "cps",
            of_collector("receiver_accepted"),
        ),
        partial(
            others,
            "Refused",
            "What the collector did not take, for want of memory; the SDK tries again.",
            "cps",
            of_collector("receiver_refused"),
            none="Never.",
        ),
        partial(
            others,
            "Sent",
            "What Tempo, Loki and Prometheus took from the collector's queues.",
            "cps",
            of_collector("exporter_sent"),
            share=3,
        ),
        partial(
            others,
            "Queues",
            "Bytes on disk that wait for a server; they grow while it is away.",
            "bytes",
            {"{{exporter}}": "sum by (exporter) (otelcol_exporter_queue_size)"},
            share=3,
        ),
        partial(
            others,
            "Not sent",
            "What had no room in a queue, or was refused for good by the server behind.",
            "cps",
            {
                f"{name}, {why}": rate(f"otelcol_exporter_{how}_{kind}_total")
                for name, kind in KINDS.items()
                for why, how in (("no room", "enqueue_failed"), ("no", "send_failed"))
            },
            share=3,
            none="Never.",
        ),
    ),
    "Servers": (
        partial(
            others,
            "Loki takes",
            "Lines that Loki took.",
            "cps",
            {"lines": rate("loki_distributor_lines_received_total")},
            share=3,
        ),
        partial(
            others,
            "Tempo takes",
            "Spans that Tempo took.",
            "cps",
            {"spans": rate("tempo_distributor_spans_received_total")},
            share=3,
        ),
        partial(
            others,
            "Prometheus takes",
            "Samples that Prometheus kept, by OTLP and from what it asks for itself.",
            "cps",
            {"samples": rate("prometheus_tsdb_head_samples_appended_total")},
            share=3,
        ),
        partial(
            others,
            "Discarded",
            "What a server threw away, and why: a line too old, a trace too large.",
            "cps",
            {
                "Loki {{reason}}": rate("loki_discarded_samples_total", "reason"),
                "Tempo {{reason}}": rate("tempo_discarded_spans_total", "reason"),
                "Prometheus, too old": rate("prometheus_tsdb_too_old_samples_total"),
                "Prometheus, out of bounds": rate(
                    "prometheus_tsdb_out_of_bound_samples_total"
                ),
            },
            none="Never.",
        ),
        partial(
            others,
            "Held in memory",
            "Streams, traces and series that the servers hold; a jump is a new label.",
            "short",
            {
                "Loki streams": "sum(loki_ingester_memory_streams)",
                "Tempo traces": "sum(tempo_ingester_live_traces)",
                "Prometheus series": "sum(prometheus_tsdb_head_series)",
            },
        ),
        partial(
            others,
            "Memory",
            "Memory that each server of the pipeline has.",
            "bytes",
            {
                "{{service_name}}": "sum by (service_name)"
                f" (process_resident_memory_bytes{{{SCRAPED}}})",
                "otel-collector": "sum(otelcol_process_memory_rss_bytes)",
            },
        ),
        partial(
            others,
            "CPU",
            "Cores that each server of the pipeline keeps busy.",
            "short",
            {
                "{{service_name}}": rate(
                    f"process_cpu_seconds_total{{{SCRAPED}}}", "service_name"
                ),
                "otel-collector": rate("otelcol_process_cpu_seconds_total"),
            },
        ),
    ),
}


def pipeline() -> Dashboard:
    return drawn("payscope-pipeline", "Telemetry pipeline", WHAT, ROWS, DOORS)
