"""Telemetry of the load without a load: nothing told yet, and a collector that listens."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace

import pytest

from loadtests.telemetry import runs, spans
from loadtests.telemetry.figures import figures


class Hook:
    """One of Locust's events."""

    def __init__(self):
        self.listeners = []

    def add_listener(self, listener):
        self.listeners.append(listener)

    def fire(self, **told):
        for listener in self.listeners:
            listener(**told)


EVENTS = ("test_start", "test_stop", "worker_report", "report_to_master", "quitting")


def locust(**runner):
    """Locust's environment, as far as telemetry looks at it."""
    hooks = SimpleNamespace(**{name: Hook() for name in EVENTS})
    return SimpleNamespace(events=hooks, runner=SimpleNamespace(**runner))


@pytest.fixture(autouse=True)
def silence():
    """What other tests told is none of ours."""
    spans.waiting.clear()
    runs.waiting.clear()
    figures.__init__()


class Collector:
    def __init__(self):
        self.heard = {}
        self.is_well = True
        self.refuses = None

    def take(self, path, body):
        self.heard.setdefault(path, []).append(body)


@pytest.fixture
def collector(monkeypatch):
    heard = Collector()

    class Hearing(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = heard.refuses or (200 if heard.is_well else 503)
            if status == 200:
                heard.take(self.path, json.loads(body))
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Hearing)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    where = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", where)
    yield heard
    server.shutdown()
    server.server_close()
