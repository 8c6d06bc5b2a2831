"""Backends that answer as they are told to, over HTTP, and backends that are away."""

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlparse

import pytest

from loadtests.report import comparing, completeness, counting, page

from . import runs

AWAY = dict.fromkeys(("PROMETHEUS", "LOKI", "TEMPO", "GRAFANA"), "http://127.0.0.1:9")


OWN = ("otel_sdk_", "otelcol_", "telemetry_", "loki_", "tempo_", "prometheus_")


class Backends:
    """All of them at one address: what each count is, and who was asked what."""

    def __init__(self):
        self.counters, self.lines, self.spans, self.whole = 0.0, 0.0, 0.0, True
        self.derived = 0.0
        """What was counted of spans before any was thrown away."""
        self.is_there = lambda _trace: True
        """Which traces can be asked for."""
        self.probed = 0
        """Spans of the probe's, which are there besides."""
        self.told = True
        """Each order has a line of its own."""
        self.own = {}
        """What the pipeline's parts count of themselves, by series."""
        self.repeated = 1
        """So often each line is there."""
        self.asked = []
        self.silent = set()
        self.later = None
        """What is there from the second question on: telemetry comes late."""

    def answer(self, path, query):
        self.asked.append((path, query))
        if path in self.silent:
            return None
        if path.startswith("/api/traces/"):
            if not self.is_there(path.rpartition("/")[2]):
                return {}
            parent = "a" if self.whole else "c"
            spans = (
                ("locust", "a", ""),
                ("gateway", "b", parent),
                ("payments", "d", "b"),
            )
            return {"batches": [batch(*each) for each in spans]}
        answers = {
            "/api/metrics/query_range": lambda: {
                "series": [{"samples": [{"value": self._counted(query)}]}]
            },
            "/loki/api/v1/query_range": lambda: lines(
                query if self.told else "", self.repeated
            ),
            "/loki/api/v1/query": lambda: vector(self._now(self.lines)),
            "/api/v1/query_range": lambda: {
                "data": {
                    "result": [{"metric": {}, "values": [[1, "0.02"], [2, "NaN"]]}]
                }
            },
            "/api/v1/query": lambda: self._figures(query),
        }
        return answers.get(path, dict)()

    def _figures(self, query):
        series = query.partition("[")[0]
        of_spans = {counting.DERIVED: self.derived, counting.PROBED: 0}
        if series.startswith(OWN) or series in of_spans:
            return grown({**self.own, **of_spans}.get(series, 0))
        if query.endswith("s]"):
            return restarted(self._now(self.counters))
        if "shedding_refused" in query:
            return vector(3, service_name="gateway")
        if "breaker_transitions" in query:
            return vector(2, breaker_name="bank")
        return vector(0.021, service_name="gateway")

    def _counted(self, query):
        return self.probed if "probe" in query else self._now(self.spans) + self.probed

    def _now(self, value):
        late = self.later is not None and len(self.asked) > 10
        return self.later if late else value


def vector(value, **labels):
    return {"data": {"result": [{"metric": labels, "value": [0, str(value)]}]}}


def restarted(counted):
    """Two series of a process that was another before the run; one has not fallen."""
    begun, later = runs.STARTED + 5, runs.STARTED + 60
    many = [[0, "800"], [begun, "0"], [later, str(counted - 4)]]
    few = [[0, "3"], [begun, "4"], [later, "4"]]
    series = [{"metric": {}, "values": values} for values in (many, few)]
    return {"data": {"result": series}}


def grown(counted):
    values = [[runs.STARTED - 5, "0"], [runs.STARTED + 60, str(counted)]]
    return {"data": {"result": [{"metric": {}, "values": values}]}}


def lines(query, times=1):
    """One line of payments for each trace that is asked for."""
    found = re.findall(r"[0-9a-f]{32}", query)
    streams = [
        {
            "stream": {
                "service_name": "payments",
                "trace_id": trace,
                "span_id": "d" * 16,
            },
            "values": [["1", "payment.decided"]] * times,
        }
        for trace in found
    ]
    return {"data": {"result": streams}}


def batch(service, span, parent):
    name = {"key": "service.name", "value": {"stringValue": service}}
    told = {
        "traceId": "1" * 32,
        "spanId": span * 16,
        "parentSpanId": parent * 16,
        "startTimeUnixNano": "1",
        "endTimeUnixNano": "2",
    }
    return {"resource": {"attributes": [name]}, "scopeSpans": [{"spans": [told]}]}


@pytest.fixture
def backends():
    """The fake ones, and `urls` under which the report finds them."""
    told = Backends()

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self):
            address = urlparse(self.path)
            asked = parse_qs(address.query)
            query = (asked.get("query") or asked.get("q") or [""])[0]
            answer = told.answer(address.path, query)
            self.send_response(503 if answer is None else 200)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}"
    told.urls = dict.fromkeys(AWAY, url) | {"CONSOLE": "http://127.0.0.1:8010"}
    yield told
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(autouse=True)
def hurry(monkeypatch):
    """Nobody waits in a test for telemetry that does not come, nor reads Plotly."""
    monkeypatch.setattr(completeness, "EVERY_S", 0.01)
    monkeypatch.setattr(completeness, "PATIENCE_S", 0.05)
    monkeypatch.setattr(page, "PLOTLY", Path(__file__))
    monkeypatch.setattr(comparing, "DRAWN", 100)
