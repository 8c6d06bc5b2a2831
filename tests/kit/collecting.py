"""A collector that can be away, refuse, or be slow: gRPC or HTTP, on a port that stays."""

import threading
import time
from concurrent import futures
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import grpc
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2 as logs
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2 as metrics
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as traces

from tests.conftest import free_port

REQUESTS = {
    "traces": traces.ExportTraceServiceRequest,
    "logs": logs.ExportLogsServiceRequest,
    "metrics": metrics.ExportMetricsServiceRequest,
}
SERVICES = {
    "trace.v1.Trace": "traces",
    "logs.v1.Logs": "logs",
    "metrics.v1.Metrics": "metrics",
}


def no_answer(_request):
    """Whatever is asked is taken."""


class Collector:
    """`answers` is asked first: what it returns is a refusal, as its protocol says."""

    def __init__(self, port=None):
        self.port = port or free_port()
        self.answers = no_answer
        self.taken = {name: [] for name in REQUESTS}
        self.asked = 0
        self._lock = threading.Lock()

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def spans(self):
        """Names, as they arrived."""
        return [
            span.name
            for request in self.taken["traces"]
            for each in request.resource_spans
            for scope in each.scope_spans
            for span in scope.spans
        ]

    @property
    def lines(self):
        return [
            line.body.string_value
            for request in self.taken["logs"]
            for each in request.resource_logs
            for scope in each.scope_logs
            for line in scope.log_records
        ]

    def last_sum(self, name):
        """What the last figures that there are of a counter say."""
        for request in reversed(self.taken["metrics"]):
            found = [
                point.as_int
                for each in request.resource_metrics
                for scope in each.scope_metrics
                for metric in scope.metrics
                if metric.name == name
                for point in metric.sum.data_points
            ]
            if found:
                return sum(found)
        return 0

    def take(self, signal, data):
        with self._lock:
            self.asked += 1
            request = REQUESTS[signal].FromString(data)
            refusal = self.answers(request)
            if refusal is None:
                self.taken[signal].append(request)
            return refusal

    @contextmanager
    def grpc(self):
        server = grpc.server(futures.ThreadPoolExecutor(4))
        server.add_generic_rpc_handlers(tuple(map(self._service, SERVICES)))
        assert server.add_insecure_port(f"127.0.0.1:{self.port}")
        server.start()
        try:
            yield self
        finally:
            server.stop(None).wait()

    def _service(self, name):
        def export(data, context):
            refusal = self.take(SERVICES[name], data)
            if refusal:
                code, trailing = refusal
                context.set_trailing_metadata(trailing)
                context.abort(code, "no")
            return b""

        method = grpc.unary_unary_rpc_method_handler(export)
        full = f"opentelemetry.proto.collector.{name}Service"
        return grpc.method_handlers_generic_handler(full, {"Export": method})

    @contextmanager
    def http(self):
        take = self.take

        class Taking(BaseHTTPRequestHandler):
            def do_POST(self):
                data = self.rfile.read(int(self.headers["Content-Length"]))
                status = take(self.path.rpartition("/")[2], data) or 200
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", self.port), Taking)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()


def until(holds, within_s=15):
    """Wait for it; it is asserted by who asked."""
    deadline = time.monotonic() + within_s
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.02)
    return holds()
