"""One real collector with our files, between a sender and sinks that stand for backends."""

import http.server
import json
import os
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent import futures
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2 as metrics
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as traces
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, Span

from native.backends import Backend, Unanswered
from native.builds import program
from native.paths import ROOT
from tests.conftest import free_port

EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
PORTS = (
    "OTLP_GRPC_PORT",
    "OTLP_HTTP_PORT",
    "COLLECTOR_HEALTH_PORT",
    "COLLECTOR_METRICS_PORT",
    "TEMPO_OTLP_PORT",
    "PROMETHEUS_PORT",
    "LOKI_PORT",
)


@dataclass
class Kept:
    """What came out: spans by trace, figures by name and labels."""

    spans: dict[str, list[Span]] = field(default_factory=dict)
    sums: dict[tuple[str, frozenset[tuple[str, str]]], float] = field(
        default_factory=dict
    )

    def take(self, resources: Sequence[ResourceSpans]) -> None:
        for resource in resources:
            for scope in resource.scope_spans:
                for span in scope.spans:
                    self.spans.setdefault(span.trace_id.hex(), []).append(span)

    def count(self, asked: metrics.ExportMetricsServiceRequest) -> None:
        """Cumulative: the last figure is the whole of it."""
        for resource in asked.resource_metrics:
            whose = labels(resource.resource.attributes)
            for scope in resource.scope_metrics:
                for metric in scope.metrics:
                    for point in metric.sum.data_points:
                        key = whose | labels(point.attributes)
                        self.sums[metric.name, frozenset(key.items())] = (
                            point.as_int or point.as_double
                        )

    def total(self, name: str, **wanted: str) -> float:
        return sum(
            value
            for (metric, key), value in self.sums.items()
            if metric == name and wanted.items() <= dict(key).items()
        )


def labels(attributes: Any) -> dict[str, str]:
    return {each.key.replace(".", "_"): each.value.string_value for each in attributes}


@dataclass
class Collecting:
    """A collector that runs, its way in, and what it let out."""

    ports: dict[str, int]
    kept: Kept

    def send(self, spans: Sequence[Span], service: str = "payments") -> None:
        resource = ResourceSpans()
        resource.resource.attributes.add(
            key="service.name"
        ).value.string_value = service
        resource.scope_spans.add().spans.extend(spans)
        asked = traces.ExportTraceServiceRequest(resource_spans=[resource])
        where = f"127.0.0.1:{self.ports['OTLP_GRPC_PORT']}"
        with grpc.insecure_channel(where) as channel:
            export = channel.unary_unary(EXPORT)
            export(asked.SerializeToString(), timeout=10)

    def own(self) -> Counter[str]:
        """The collector's own figures, summed over labels."""
        port = self.ports["COLLECTOR_METRICS_PORT"]
        told: Counter[str] = Counter()
        with Backend(f"http://127.0.0.1:{port}") as face:
            lines = face.get("/metrics").text.splitlines()
        for line in lines:
            if not line.startswith("#"):
                name, _, value = line.rpartition(" ")
                told[name.partition("{")[0]] += float(value)  # type: ignore[assignment]
        return told


@contextmanager
def collecting(place: Path, *files: str, but: str = "") -> Iterator[Collecting]:
    """Run it with these files of ours, and `but` (YAML) over them."""
    ports = {name: free_port() for name in PORTS}
    kept = Kept()
    words = [f"--config=otel-collector/{name}" for name in files]
    if but:
        words.append(f"--config=yaml:{but}")
    environment = {name: str(port) for name, port in ports.items()}
    where = {"QUEUE_DIR": str(place / "queue")}
    with (
        _tempo(ports["TEMPO_OTLP_PORT"], kept),
        _prometheus(ports["PROMETHEUS_PORT"], kept),
        (place / "otelcol.log").open("w") as log,
        subprocess.Popen(
            [program("otelcol"), *words],
            cwd=ROOT,
            env={**os.environ, **environment, **where},
            stdout=log,
            stderr=log,
        ) as server,
    ):
        try:
            _until_ready(ports["COLLECTOR_HEALTH_PORT"], place / "otelcol.log")
            yield Collecting(ports, kept)
        finally:
            server.terminate()
            server.wait(timeout=30)


def _until_ready(port: int, log: Path) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with suppress(Unanswered), Backend(f"http://127.0.0.1:{port}") as face:
            if face.get("/").is_success:
                return
        time.sleep(0.1)
    raise AssertionError(log.read_text()[-4000:])


@contextmanager
def _tempo(port: int, kept: Kept) -> Iterator[None]:
    def export(asked: bytes, _context: Any) -> bytes:
        kept.take(traces.ExportTraceServiceRequest.FromString(asked).resource_spans)
        return b""

    server = grpc.server(futures.ThreadPoolExecutor(4))
    handler = grpc.unary_unary_rpc_method_handler(export)
    service, _, method = EXPORT[1:].partition("/")
    server.add_generic_rpc_handlers(
        [grpc.method_handlers_generic_handler(service, {method: handler})]
    )
    server.add_insecure_port(f"127.0.0.1:{port}")
    server.start()
    try:
        yield
    finally:
        server.stop(None).wait()


@contextmanager
def _prometheus(port: int, kept: Kept) -> Iterator[None]:
    class Face(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            kept.count(metrics.ExportMetricsServiceRequest.FromString(body))
            self.send_response(200)
            self.send_header("content-type", "application/x-protobuf")
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Face)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def yaml_of(**settings: Any) -> str:
    """JSON is YAML."""
    return json.dumps(settings)
