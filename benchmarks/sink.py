"""An OTLP receiver that counts what arrives: spans of servers, lines, measurements."""

import collections
import contextlib
from collections.abc import Callable, Iterator, Sequence
from concurrent import futures
from dataclasses import dataclass, field
from typing import Any

import grpc  # type: ignore[import-untyped]
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2 as logs
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2 as metrics
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as traces
from opentelemetry.proto.trace.v1.trace_pb2 import Span

SERVERS = {"http.server.request.duration", "http.server.duration"}
"""The histogram of a server's requests, by its new name and its old one."""

SERVICES: dict[str, tuple[Any, str]] = {
    "trace.v1.Trace": (traces.ExportTraceServiceRequest, "spans"),
    "logs.v1.Logs": (logs.ExportLogsServiceRequest, "lines"),
    "metrics.v1.Metrics": (metrics.ExportMetricsServiceRequest, "points"),
}


Kept = collections.defaultdict[str, list[Any]]

READABLE = 100
"""So many of each are kept."""


@dataclass
class Sink:
    """What has come, by the name of the service that sent it."""

    port: int = 0
    spans: collections.Counter[str] = field(default_factory=collections.Counter)
    servers: collections.Counter[str] = field(default_factory=collections.Counter)
    lines: collections.Counter[str] = field(default_factory=collections.Counter)
    counted: dict[str, int] = field(default_factory=dict)
    all_spans: Kept = field(default_factory=lambda: collections.defaultdict(list))
    all_lines: Kept = field(default_factory=lambda: collections.defaultdict(list))
    """The first of them, whole, for whoever wants to read some."""

    def take_spans(self, name: str, scopes: Sequence[Any]) -> None:
        for scope in scopes:
            self.spans[name] += len(scope.spans)
            servers = [s for s in scope.spans if s.kind == Span.SPAN_KIND_SERVER]
            self.servers[name] += len(servers)
            _keep(self.all_spans[name], scope.spans)

    def take_lines(self, name: str, scopes: Sequence[Any]) -> None:
        """Only those of a request: they have its trace."""
        for scope in scopes:
            self.lines[name] += sum(bool(each.trace_id) for each in scope.log_records)
            _keep(self.all_lines[name], scope.log_records)

    def take_points(self, name: str, scopes: Sequence[Any]) -> None:
        """They are cumulative: the last one holds them all."""
        found = [m for scope in scopes for m in scope.metrics if m.name in SERVERS]
        for metric in found:
            points = metric.histogram.data_points
            self.counted[name] = sum(point.count for point in points)


def _keep(kept: list[Any], more: Sequence[Any]) -> None:
    kept.extend(more[: READABLE - len(kept)] if len(kept) < READABLE else ())


def _names(of: Any) -> str:
    named = (each for each in of.resource.attributes if each.key == "service.name")
    return str(next(named).value.string_value)


def _handler(sink: Sink, service: str) -> grpc.GenericRpcHandler:
    request, signal = SERVICES[service]
    take: Callable[[str, Sequence[Any]], None] = getattr(sink, f"take_{signal}")

    def export(asked: Any, _context: Any) -> bytes:
        for field_, resources in asked.ListFields():
            inner = field_.name.replace("resource_", "scope_")
            for each in resources:
                take(_names(each), getattr(each, inner))
        return b""

    method = grpc.unary_unary_rpc_method_handler(export, request.FromString)
    full = f"opentelemetry.proto.collector.{service}Service"
    return grpc.method_handlers_generic_handler(full, {"Export": method})


@contextlib.contextmanager
def sinking() -> Iterator[Sink]:
    """It takes whatever comes to its port; one thread, so that counts are exact."""
    sink = Sink()
    server = grpc.server(futures.ThreadPoolExecutor(1))
    server.add_generic_rpc_handlers(tuple(_handler(sink, name) for name in SERVICES))
    sink.port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield sink
    finally:
        server.stop(1.0).wait()
