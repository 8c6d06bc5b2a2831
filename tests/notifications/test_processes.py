"""Two processes of notifications on real servers: one queue, one merchant, each job once."""

import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from uuid import uuid4

import httpx
import nats
import pytest

from apps.notifications.events import AUTHORISED
from native.paths import ROOT
from tests.conftest import free_port
from tests.kit.tokens import KEY, good_now

from .fakes import authorised

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.nats,
    pytest.mark.timeout(300),  # two interpreters start, on a machine that may be busy
]

HOOKS = "/demo/webhooks"


@contextmanager
def process(environment, log):
    command = [sys.executable, "-m", "apps.notifications"]
    with (
        log.open("w") as told,
        subprocess.Popen(command, cwd=ROOT, env=environment, stdout=told) as running,
    ):
        try:
            yield
        finally:
            running.terminate()
            running.wait(timeout=20)


class Issuer(BaseHTTPRequestHandler):
    """Shows the key that the tokens here are signed with."""

    def do_GET(self):
        keys = {"keys": [KEY.as_dict(private=False, kid="one", use="sig", alg="RS256")]}
        body = json.dumps(keys).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_said):
        """Nobody reads it."""


@pytest.fixture
def jwks_url():
    with ThreadingHTTPServer(("127.0.0.1", 0), Issuer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture
def environment(database_url, nats_port, jwks_url, tmp_path):
    """What both processes are told; the merchant waits at the first one's port."""
    return {
        **os.environ,
        "OTEL_SDK_DISABLED": "true",
        "NOTIFICATIONS_DATABASE_URL": database_url,
        "NOTIFICATIONS_NATS_URL": f"nats://127.0.0.1:{nats_port}",
        "NOTIFICATIONS_JWKS_URL": jwks_url,
        "NOTIFICATIONS_WEBHOOK_KEY_FILE": str(tmp_path / "webhook-key"),
        "NOTIFICATIONS_WEBHOOK_DELAYS_S": "0.2,0.2,0.2,0.2,0.2",
    }


@pytest.fixture
def faces(environment, tmp_path):
    """The HTTP faces of two processes."""
    ports = (free_port(), free_port())
    url = f"http://127.0.0.1:{ports[0]}{HOOKS}"
    token = good_now(merchant_id=None, scope="notifications:read ops")
    house = {"Authorization": f"Bearer {token}"}
    with ExitStack() as stack:
        for port in ports:
            told = {"NOTIFICATIONS_PORT": str(port), "NOTIFICATIONS_WEBHOOK_URL": url}
            stack.enter_context(process(environment | told, tmp_path / f"{port}.log"))
        faces = [
            stack.enter_context(
                httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=house)
            )
            for port in ports
        ]
        for face in faces:
            until(lambda face=face: is_up(face))
        yield faces


def is_up(face):
    try:
        return face.get("/startupz").is_success
    except httpx.TransportError:
        return False


def until(holds, within=120.0):
    end = time.monotonic() + within
    while not (found := holds()):
        assert time.monotonic() < end, "it never came to hold"
        time.sleep(0.05)
    return found


async def announce(nats_port, *payments):
    connection = await nats.connect(f"nats://127.0.0.1:{nats_port}")
    for payment in payments:
        event = authorised(payment=payment)
        body = event.model_dump_json().encode()
        sent = {"Nats-Msg-Id": str(event.id)}
        await connection.jetstream().publish(AUTHORISED, body, headers=sent)
    await connection.close()


def history(face, payment):
    answer = face.get("/notifications", params={"payment_id": str(payment)}).json()
    return answer[0] if answer else {"state": "unheard", "attempts": []}


def taken(face, payments):
    """What the merchant behind that face took of these payments."""
    return [
        each
        for each in face.get(HOOKS).json()
        if each["content"].get("data", {}).get("payment_id") in set(map(str, payments))
    ]


def delivered(face, payments):
    return all(history(face, each)["state"] == "delivered" for each in payments)


async def test_each_webhook_is_delivered_once_by_one_of_two_processes(faces, nats_port):
    payments = [uuid4() for _ in range(30)]

    await announce(nats_port, *payments)
    until(lambda: delivered(faces[1], payments))

    got = taken(faces[0], payments)
    told = Counter(each["content"]["data"]["payment_id"] for each in got)
    assert told == Counter(map(str, payments))
    assert {each["signature"] for each in got} == {"valid"}
    assert {each["deliveries"] for each in got} == {1}
    assert taken(faces[1], payments) == []


async def test_a_merchant_that_fails_for_a_while_is_told_in_the_end(faces, nats_port):
    payment = uuid4()
    faces[0].put(f"{HOOKS}/behaviour", json={"status": 500})

    await announce(nats_port, payment)
    until(lambda: len(history(faces[1], payment)["attempts"]) >= 2)
    faces[0].put(f"{HOOKS}/behaviour", json={"status": 200})
    until(lambda: delivered(faces[1], [payment]))

    tried = history(faces[0], payment)["attempts"]
    assert [each["status"] for each in tried[:-1]] == [500] * (len(tried) - 1)
    assert [each["attempt"] for each in tried] == list(range(1, len(tried) + 1))
    (got,) = taken(faces[0], [payment])
    assert got["deliveries"] == len(tried)
