"""A service process, from its first probe to its last line."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx
import pytest

from tests.conftest import free_port

SERVICE = """
import asyncio
from fastapi import APIRouter
from apps.kit.service import Service, run
from apps.kit.settings import ServiceSettings

router = APIRouter()

@router.get("/slow")
async def slow():
    print("asked", flush=True)
    await asyncio.sleep(1)
    return "well"

class Part:
    async def start(self):
        if {broken}:
            raise ValueError("no such schema")
    async def stop(self):
        print("part stopped", flush=True)
    async def is_ready(self):
        return {ready}

part = Part()
run("test", ServiceSettings(port={port}), lambda: Service("test", None, router, [part]))
"""

QUIET = {
    "OTEL_TRACES_EXPORTER": "console",
    "OTEL_METRICS_EXPORTER": "none",
    "OTEL_LOGS_EXPORTER": "none",
    "OTEL_BSP_SCHEDULE_DELAY": "3600000",
}
"""Spans leave when the process does, or never."""


@contextmanager
def service(**traits):
    port = free_port()
    script = SERVICE.format(port=port, **{"broken": False, "ready": True} | traits)
    with subprocess.Popen(
        [sys.executable, "-c", script],
        env=os.environ | QUIET,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        url = f"http://127.0.0.1:{port}"
        with httpx.Client(base_url=url, timeout=5) as client:
            try:
                yield process, client
            finally:
                process.kill()


def answers(client, path, status):
    """Wait until the probe says so."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            if client.get(path).status_code == status:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    pytest.fail(f"{path} never answered {status}")


def test_sigterm_lets_requests_end_then_stops_parts_then_flushes_telemetry():
    with service() as (process, client), ThreadPoolExecutor() as beside:
        answers(client, "/readyz", 200)
        asking = beside.submit(client.get, "/slow")
        while "asked" not in process.stdout.readline():
            pass
        process.send_signal(signal.SIGTERM)
        answer = asking.result(timeout=10)
        written, _ = process.communicate(timeout=10)

    assert (answer.status_code, answer.json()) == (200, "well")
    assert process.returncode == 0
    order = [written.index(text) for text in ("part stopped", "service.stopped")]
    assert order == sorted(order)
    assert '"name": "GET /slow"' in written
    assert "recursive" not in written


def test_a_part_that_is_not_well_makes_the_service_unready_but_alive():
    with service(ready=False) as (_, client):
        answers(client, "/startupz", 200)

        assert client.get("/readyz").status_code == 503
        assert client.get("/livez").status_code == 200


def test_a_part_that_breaks_for_good_ends_the_process_and_says_why():
    with service(broken=True) as (process, _):
        written, _ = process.communicate(timeout=20)

    assert "service.broken" in written
    assert "no such schema" in written
    assert process.returncode == 70
