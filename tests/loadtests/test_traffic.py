"""Light traffic waits quietly for whom it pays, is a journey of its own, ends cleanly."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import psutil
import pytest

from native.paths import ROOT
from tests.conftest import free_port

MOST_MIB = 90


@pytest.fixture
def gateway():
    """Has nothing to say to those who pay, and remembers what they sent."""
    asked = []

    class Answering(BaseHTTPRequestHandler):
        def _answer(self):
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            asked.append((self.path, dict(self.headers)))
            token = {"access_token": "t", "expires_in": 600}
            body = json.dumps(token if self.path == "/oauth/token" else {}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = _answer  # noqa: N815  (http.server's names)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()


@pytest.fixture
def traffic():
    """Starts it; what it said when it ended is read by `ended`."""
    started = []

    def start(host, *words):
        nowhere = f"http://127.0.0.1:{free_port()}"
        own = {"OTEL_EXPORTER_OTLP_ENDPOINT": nowhere, "LOAD_JOURNEY": "traffic"}
        process = subprocess.Popen(
            [sys.executable, "-m", "loadtests.traffic", "--host", host, *words],
            cwd=ROOT,
            env={**os.environ, **own},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        assert "visits a second" in process.stdout.readline()
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def ended(process):
    process.send_signal(signal.SIGTERM)
    said = process.communicate(timeout=20)
    return process.returncode, "".join(said)


def until(holds, within=20.0):
    ends = time.monotonic() + within
    while not holds():
        assert time.monotonic() < ends
        time.sleep(0.1)


def test_while_nobody_is_there_it_waits_and_says_nothing(traffic):
    process = traffic(f"http://127.0.0.1:{free_port()}", "--rate", "50")
    time.sleep(2)

    code, said = ended(process)

    assert code == 0
    assert len(said.splitlines()) <= 1  # the collector is away, too


def test_what_it_pays_is_a_journey_of_its_own(traffic, gateway):
    host, asked = gateway
    process = traffic(host, "--rate", "20")
    until(lambda: sum(path.startswith("/api") for path, _ in asked) >= 10)
    memory = psutil.Process(process.pid).memory_info().rss

    begun = time.monotonic()
    code, said = ended(process)

    assert code == 0
    wrong = [line for line in said.splitlines() if line.startswith("wrong: ")]
    assert wrong
    assert len(wrong) == len(set(wrong))
    assert time.monotonic() - begun < 10
    of_api = [headers for path, headers in asked if path.startswith("/api")]
    assert {headers["baggage"] for headers in of_api} == {"journey=traffic"}
    assert all(headers["traceparent"].endswith("-01") for headers in of_api)
    assert memory <= MOST_MIB * 1024 * 1024


def test_a_scenario_that_is_none_ends_it():
    done = subprocess.run(
        [sys.executable, "-m", "loadtests.traffic", "--scenario", "nothing"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert done.returncode == 2
    assert "nothing" in done.stderr
