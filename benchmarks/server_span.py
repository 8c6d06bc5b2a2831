"""What a server span costs: `python -m benchmarks.server_span`.

The same route is called in-process, without a socket: bare, with FastAPI's own
telemetry, with ours. CPU per request, variants in turn, medians.
"""

import asyncio
import statistics
import time
from typing import Any

from fastapi import FastAPI
from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import (
    MetricExporter,
    MetricExportResult,
    PeriodicExportingMetricReader,
)
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import (
    BatchSpanProcessor,
    SpanExporter,
    SpanExportResult,
)
from starlette.types import ASGIApp

from apps.kit.server import ServerTelemetry

ROUNDS, CALLS = 15, 1000
OFF = {"tracing": False, "metrics": False, "logs": False}


class Nowhere(SpanExporter, MetricExporter):
    """Takes everything, keeps nothing: the exporters' own cost is not the question."""

    def export(self, *_args: Any, **_options: Any) -> Any:
        return SpanExportResult.SUCCESS

    def shutdown(self, *_args: Any, **_options: Any) -> None:
        pass

    def force_flush(self, *_args: Any, **_options: Any) -> bool:
        return True


class NowhereMetrics(Nowhere):
    def export(self, *_args: Any, **_options: Any) -> Any:
        return MetricExportResult.SUCCESS


def app(telemetry: Any) -> FastAPI:
    made = FastAPI(telemetry=telemetry)

    @made.get("/payments/{payment_id}")
    async def get_payment(payment_id: str) -> dict[str, str]:
        return {"payment_id": payment_id}

    return made


async def call(served: ASGIApp) -> None:
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/payments/7",
        "raw_path": b"",
        "query_string": b"",
        "scheme": "http",
        "http_version": "1.1",
        "root_path": "",
        "headers": [(b"host", b"127.0.0.1:8001")],
        "server": ("127.0.0.1", 8001),
        "client": ("127.0.0.1", 1),
        "asgi": {"version": "3.0"},
    }

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b""}

    async def send(_message: Any) -> None:
        pass

    await served(scope, receive, send)


async def cost(served: ASGIApp) -> float:
    """CPU per request, in microseconds."""
    begun = time.process_time()
    for _ in range(CALLS):
        await call(served)
    return (time.process_time() - begun) / CALLS * 1e6


async def main() -> None:
    tracers = TracerProvider()
    tracers.add_span_processor(BatchSpanProcessor(Nowhere(), max_export_batch_size=64))
    trace.set_tracer_provider(tracers)
    reader = PeriodicExportingMetricReader(NowhereMetrics())
    metrics.set_meter_provider(MeterProvider([reader]))
    variants: dict[str, ASGIApp] = {
        "no telemetry": app(OFF),
        "FastAPI's own": app({}),
        "FastAPI's own, no operation spans": app({"operation_spans": False}),
        "ours": ServerTelemetry(app(OFF)),
    }
    taken: dict[str, list[float]] = {name: [] for name in variants}
    for _ in range(ROUNDS):
        for name, served in variants.items():
            taken[name].append(await cost(served))
    bare = statistics.median(taken["no telemetry"])
    for name, costs in taken.items():
        middle = statistics.median(costs)
        print(f"{name:36} {middle:7.0f} µs  added {middle - bare:6.0f} µs")


if __name__ == "__main__":
    asyncio.run(main())
