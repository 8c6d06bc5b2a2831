"""A service process, from its first probe to its last line."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx
import pytest

from apps.kit import http
from apps.kit.discovery import Directory
from apps.kit.errors import Overloaded
from apps.kit.health import SLEPT_S, STUCK_S, Flights, Health, Pulse
from apps.kit.lines import OwnLine
from apps.kit.parts import Parts
from apps.kit.shedding import Bounds, Shedder
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


TWO = """
import sys
from fastapi import APIRouter
from apps.kit.discovery import Announcer
from apps.kit.lines import OwnLine
from apps.kit.service import Service, run
from apps.kit.settings import ServiceSettings
import asyncio

router = APIRouter()

@router.post("/work")
async def work():
    await asyncio.sleep(0.05)
    return sys.argv[1]

settings = ServiceSettings(port=int(sys.argv[1]))
line = OwnLine("two", sys.argv[2])
announcer = Announcer("two", settings.url, line, f"two-{sys.argv[1]}")
run("two", settings, lambda: Service("two", None, router, [line, announcer]))
"""


@contextmanager
def replica(port, nats_url):
    command = [sys.executable, "-c", TWO, str(port), nats_url]
    with subprocess.Popen(command, env=os.environ | QUIET, stdout=-3) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.nats
async def test_of_two_replicas_one_stops_under_load_and_nobody_notices(nats_port, told):
    """Posts without a key, so that no second try can hide a loss."""
    url, ports = f"nats://127.0.0.1:{nats_port}", (free_port(), free_port())
    client = http.client("two", f"http://127.0.0.1:{ports[0]}", timeout_s=30)
    line = OwnLine("caller", url)
    parts = [line, Directory(line, client.replicas), client]
    with replica(ports[0], url) as leaving, replica(ports[1], url):
        for part in parts:
            await part.start()
        async with asyncio.timeout(60):
            while len(list(client.replicas)) < 2:
                await asyncio.sleep(0.05)
        answers = await _under_load(client, leaving)
        for part in reversed(parts):
            await part.stop()
        assert await asyncio.to_thread(leaving.wait, 20) == 0

    assert {answer.status_code for answer in answers} == {200}
    by = Counter(answer.text for answer in answers)
    assert len(by) == 2
    assert {answer.json() for answer in answers[-20:]} == {str(ports[1])}


async def _under_load(client, leaving):
    """Twenty callers, one request after the other; in the middle one replica goes."""
    answers = []

    async def call():
        while len(answers) < 600:
            answers.append(await client.post("/work"))
            if len(answers) == 200:
                leaving.send_signal(signal.SIGTERM)

    await asyncio.gather(*(call() for _ in range(20)))
    return answers


class Lagging:
    """A clock that one moves."""

    now = 10.0

    def __call__(self):
        return self.now


def test_an_event_loop_that_stands_still_is_not_alive(told):
    clock = Lagging()
    pulse = Pulse(lambda: None, clock)

    clock.now += SLEPT_S + STUCK_S - 0.01
    assert pulse.lag_s < STUCK_S
    clock.now += 0.02
    assert pulse.lag_s > STUCK_S
    pulse.wake()
    assert pulse.lag_s > STUCK_S, "the next probe still hears of it"
    clock.now += SLEPT_S
    pulse.wake()
    assert pulse.lag_s == 0
    assert told.counted("loop.lag") == 2


@pytest.mark.parametrize("why", ["leaving", "shedding"])
async def test_who_leaves_or_sheds_is_not_ready_but_alive(told, why):
    shedder = Shedder(Bounds.fixed(1))
    health = Health(Parts([]), shedder)
    assert await health.is_ready()

    if why == "leaving":
        health.is_leaving = True
    else:
        shedder.enter()
        with pytest.raises(Overloaded):
            shedder.enter()

    assert not await health.is_ready()
    assert health.is_alive


async def test_a_request_that_never_ends_is_cut_off_when_its_time_is_up(told):
    cut = []

    async def app(_scope, _receive, _send):
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cut.append(True)
            raise

    flights = Flights(app)
    flying = asyncio.create_task(flights({"type": "http"}, None, None))
    await asyncio.sleep(0)
    flights.leave()
    await flights.drain(within_s=0.05)
    await asyncio.gather(flying, return_exceptions=True)

    assert cut == [True]
    assert told.event("service.undrained")["requests.cut"] == 1


async def test_who_leaves_asks_each_client_to_come_no_more(told):
    async def app(_scope, _receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})

    flights, sent = Flights(app), []

    async def send(message):
        sent.append(message["headers"])

    await flights({"type": "http"}, None, send)
    flights.leave()
    await flights({"type": "http"}, None, send)

    assert sent == [[], [(b"connection", b"close")]]


async def test_a_part_that_cannot_leave_keeps_no_other_from_it(told):
    left = []

    class Known:
        def __init__(self, fault=None):
            self._fault = fault

        async def start(self):
            """It is there."""

        async def stop(self):
            """It is gone."""

        async def is_ready(self):
            return True

        async def leave(self):
            if self._fault:
                raise self._fault
            left.append(self)

    parts = Parts([Known(), Known(ValueError()), Known()])
    await parts.start()
    await parts.leave()

    assert len(left) == 2
    assert told.event("part.stayed")["error.type"] == "ValueError"


def test_the_configuration_is_told_once_as_it_starts():
    with service() as (process, client):
        answers(client, "/readyz", 200)
        process.send_signal(signal.SIGTERM)
        written, _ = process.communicate(timeout=20)

    assert written.count("service.configured") == 1
    order = [written.index(f"service.{what}") for what in ("configured", "started")]
    assert order == sorted(order)
