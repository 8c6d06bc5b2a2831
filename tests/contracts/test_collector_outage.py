"""The real collector is killed, and stopped, under a stream: each span and line arrives."""

import os
import re
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager

import httpx
import pytest

from native.builds import program
from native.paths import ROOT
from tests.conftest import free_port
from tests.kit.collecting import Collector, until

OURS = ("OTLP_GRPC", "OTLP_HTTP", "COLLECTOR_HEALTH", "COLLECTOR_METRICS")
STREAM = """
from opentelemetry.trace import SpanKind
from apps.kit import telemetry
from apps.kit.signals import Counter, started, tell
import time
paid = Counter("test.paid", unit="{payment}", about="Paid.")
telemetry.start("payments")
for n in range(1200):
    with started(f"paid {n}", SpanKind.INTERNAL):
        tell(f"paid {n}", {"payment.amount": n}, count=paid)
    time.sleep(0.005)
telemetry.stop()
"""
ALL = {f"paid {n}" for n in range(1200)}


FULL_SOON = [
    f"--set=exporters.{name}.sending_queue.queue_size=20000"
    for name in ("otlp_grpc/tempo", "otlp_http/loki")
]


@pytest.fixture
def tempo():
    return Collector()


@pytest.fixture
def others():
    """Loki and Prometheus, as far as OTLP goes."""
    return Collector()


@pytest.fixture
def backends(tempo, others):
    with tempo.grpc(), others.http():
        yield


@pytest.fixture
def environment(tempo, others, tmp_path):
    backends = {"TEMPO_OTLP": tempo.port, "LOKI": others.port}
    ports = (
        backends | {"PROMETHEUS": others.port} | {name: free_port() for name in OURS}
    )
    told = {f"{name}_PORT": str(port) for name, port in ports.items()}
    return os.environ | told | {"QUEUE_DIR": str(tmp_path / "queue")}


@contextmanager
def collector(environment, *options):
    command = [program("otelcol"), "--config", "otel-collector/config.yaml", *options]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def stream(environment):
    endpoint = f"http://127.0.0.1:{environment['OTLP_GRPC_PORT']}"
    with subprocess.Popen(
        [sys.executable, "-c", STREAM],
        stdout=subprocess.DEVNULL,
        env=environment | {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint},
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.usefixtures("backends")
def test_nothing_is_lost_while_the_collector_is_killed_and_stopped(
    environment, tempo, others
):
    def more_came():
        before = len(tempo.spans)
        return until(lambda: len(tempo.spans) > before)

    with stream(environment) as telling:
        time.sleep(1)  # it starts later than whoever tells
        with collector(environment) as first:
            assert more_came()
            first.kill()
        time.sleep(1)
        with collector(environment) as second:
            assert more_came()
            second.terminate()
            second.wait()
        time.sleep(1)
        with collector(environment):
            assert telling.wait(60) == 0
            assert until(lambda: set(tempo.spans) >= ALL and set(others.lines) >= ALL)
            assert until(lambda: others.last_sum("test.paid") == len(ALL))

    twice = sum((Counter(tempo.spans) - Counter(ALL)).values())
    assert twice <= 2 * 256, "more than the batches that were under way"


def test_nothing_is_lost_while_the_collector_has_no_room(environment, tempo, others):
    """Its backends are away, its queues are full: what it refuses, the service keeps."""
    with collector(environment, *FULL_SOON), stream(environment) as telling:
        assert until(lambda: refused(environment) > 0)
        with tempo.grpc(), others.http():
            assert telling.wait(60) == 0
            assert until(lambda: set(tempo.spans) >= ALL and set(others.lines) >= ALL)


def refused(environment):
    """How many spans and lines, as the collector's own metrics say."""
    url = f"http://127.0.0.1:{environment['COLLECTOR_METRICS_PORT']}/metrics"
    try:
        with httpx.Client(trust_env=False, timeout=1) as http:
            told = http.get(url).text
    except httpx.TransportError:
        return 0
    found = re.findall(r"^otelcol_receiver_refused_\w+\{.*\} (\d+)", told, re.MULTILINE)
    return sum(map(int, found))
