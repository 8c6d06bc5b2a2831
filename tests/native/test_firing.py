"""What `status` says of alerts: Alertmanager's answer, or that it gave none."""

import io
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

from rich.console import Console

from native import firing
from native.ports import Ports
from tests.conftest import free_port

STUCK = {
    "labels": {"alertname": "SagaStuck", "severity": "ticket"},
    "annotations": {"summary": "Stuck.", "runbook_url": "docs/runbooks/SagaStuck.md"},
}
DOWN = {
    "labels": {"alertname": "TelemetryDown", "severity": "page"},
    "annotations": {"summary": "Down.", "runbook_url": "docs/runbooks/x.md"},
}


@contextmanager
def alertmanager(*alerts, status=200):
    class Answers(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(alerts).encode())

        def log_message(self, *_):
            pass

    asked = []
    server = HTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield Ports({"ALERTMANAGER_PORT": server.server_port}), asked
    finally:
        server.shutdown()
        server.server_close()


def said(found):
    out = io.StringIO()
    firing.show(found, Console(file=out, width=200))
    return out.getvalue().splitlines()


def test_pages_are_named_before_tickets_and_each_once():
    with alertmanager(STUCK, DOWN, STUCK) as (ports, asked):
        found = firing.firing(ports)

    assert said(found) == [
        "TelemetryDown Down. docs/runbooks/x.md",
        "SagaStuck Stuck. docs/runbooks/SagaStuck.md",
    ]
    assert "inhibited=false" in asked[0], "what follows from a cause is not named"


def test_that_nothing_fires_is_said():
    with alertmanager() as (ports, _):
        assert said(firing.firing(ports)) == ["No alert fires."]


def test_an_alertmanager_that_does_not_answer_is_not_taken_for_silence():
    nobody = Ports({"ALERTMANAGER_PORT": free_port()})
    with alertmanager(status=503) as (ports, _):
        assert firing.firing(ports) is None

    assert "does not answer" in said(firing.firing(nobody))[0]
