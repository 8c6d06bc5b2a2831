"""What the pipeline's servers tell at their own doors: there while Prometheus is not."""

import re

from native.backends import Backend, until
from tests.stack.stack import Stack

DOORS = {
    "otelcol": "COLLECTOR_METRICS_PORT",
    "loki": "LOKI_PORT",
    "tempo": "TEMPO_PORT",
    "prometheus": "PROMETHEUS_PORT",
}
READY = {"loki": "/ready", "tempo": "/ready", "prometheus": "/-/ready"}
UP_WITHIN_S = 120.0

QUEUED = "otelcol_exporter_queue_size"
REFUSED = "otelcol_exporter_enqueue_failed_"
"""Followed by spans, log_records or metric_points."""


class Door(Backend):
    """One server of the pipeline, asked for its own metrics."""

    def total(self, begins: str, **labels: str) -> float:
        """The sum of all series whose name begins so, and that have these labels."""
        wanted = [f'{name}="{value}"' for name, value in labels.items()]
        return sum(
            float(line.rpartition(" ")[2])
            for line in self.get("/metrics").text.splitlines()
            if line.startswith(begins) and all(each in line for each in wanted)
        )


def door(stack: Stack, process: str) -> Door:
    return Door(stack.ports.url(DOORS[process]))


def queued(stack: Stack, backend: str = "") -> float:
    """Bytes that the collector keeps for that backend, or for all of them."""
    with door(stack, "otelcol") as asked:
        text = asked.get("/metrics").text
    found = re.findall(
        rf'^{QUEUED}{{[^}}]*exporter="([^"]*)"[^}}]*}} (\S+)', text, re.M
    )
    return sum(float(size) for name, size in found if name.endswith(backend))


def told(stack: Stack, process: str, begins: str, **labels: str) -> float:
    with door(stack, process) as asked:
        return asked.total(begins, **labels)


def is_ready(stack: Stack, process: str) -> bool:
    """It takes telemetry; the collector does as soon as it tells of itself."""
    with door(stack, process) as asked:
        return asked.get(READY.get(process, "/metrics")).is_success


def ready(stack: Stack, *processes: str) -> None:
    for process in processes:
        until(lambda each=process: is_ready(stack, each), within=UP_WITHIN_S)
