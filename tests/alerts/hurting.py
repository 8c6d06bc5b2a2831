"""What goes wrong on purpose, each inside a `with`; outside all is as it was."""

import asyncio
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import nats

from apps.kit import discovery
from native.backends import client
from native.faults import Faults
from native.gateway import order
from native.paths import ROOT
from tests.stack.stack import Stack

CARD = "5204460010000007"
MONTH_S = 30 * 86_400
KIB_OF_LINES = 512


@contextmanager
def slow_bank(stack: Stack) -> Iterator[None]:
    with Faults(stack.ports).slow("bank", 0.4):
        yield


@contextmanager
def no_bank(stack: Stack) -> Iterator[None]:
    """One caller leaves before it is known that nobody answers: his order is pending."""
    faults = Faults(stack.ports)
    with faults.slow("bank", 5.0):
        for _ in range(3):
            stack.gateway.send(
                json=order(25_000), headers={"Request-Timeout-Ms": "700"}
            )
    with faults.down("bank"):
        yield


@contextmanager
def no_service(stack: Stack, name: str) -> Iterator[None]:
    stack.supervisor.stop(name)
    try:
        yield
    finally:
        stack.supervisor.start(name)


@contextmanager
def dead_letter(stack: Stack) -> Iterator[None]:
    """One is laid where letters lie, and taken away again."""
    facts = {"Dead-Consumer": "fraud-count_card", "Dead-Subject": "pay.v1.nothing"}

    async def put(js: Any) -> int:
        told = await js.publish("dlq.v1.fraud.fraud-count_card", b"{}", headers=facts)
        return int(told.seq)

    seq = _at_nats(stack, put)
    try:
        yield
    finally:
        _at_nats(stack, lambda js: js.delete_msg("DLQ", seq))


@contextmanager
def stuck_outbox(stack: Stack) -> Iterator[None]:
    """A grant is gone: payments keeps its events, and cannot take them out again."""

    async def change(words: str) -> None:
        db = await asyncpg.connect(stack.database("payments"))
        await db.execute(words)
        await db.close()

    asyncio.run(change("REVOKE UPDATE ON outbox FROM payments"))
    try:
        yield
    finally:
        asyncio.run(change("GRANT UPDATE ON outbox TO payments"))


@contextmanager
def wrong_clock(stack: Stack) -> Iterator[None]:
    """A replica of the bank announces itself by a clock that is a minute ahead, then by
    one that is right, and leaves."""
    url, over = stack.ports.url("PROXY_BANK_PORT"), threading.Event()

    async def announce(js: Any) -> None:
        subject = f"{discovery.SUBJECT}bank.bank-9"
        ends = time.time() + 3600
        while time.time() < ends:
            ahead = 0 if over.is_set() else 60
            headers = {discovery.SENT_AT: f"{time.time() + ahead:.3f}"}
            await js.publish(subject, url.encode(), headers=headers)
            if over.is_set():
                break
            await asyncio.sleep(1)
        await asyncio.sleep(6)
        await js.publish(subject, b"", headers={discovery.OPERATION: "DEL"})

    thread = threading.Thread(target=_at_nats, args=(stack, announce))
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@contextmanager
def leaked_card(stack: Stack) -> Iterator[None]:
    """A program that knows no `Pan` tells a card number in a line, again and again."""
    with _telling(stack, lambda: _line(f"card {CARD} refused")):
        yield


@contextmanager
def lines_too_old(stack: Stack) -> Iterator[None]:
    """Somebody sends lines of last month, which Loki does not take."""
    long_ago = time.time() - MONTH_S
    with _telling(stack, lambda: _line("long ago", at=long_ago), many=200):
        yield


@contextmanager
def books_that_lack_a_payment(stack: Stack, history: Path) -> Iterator[None]:
    """A till remembers being paid by a payment that the books do not have."""
    known = [json.loads(line) for line in history.read_text().splitlines()]
    answered = next(each for each in known if each["status"] == 201)
    doctored = history.with_name("doctored.jsonl")
    written = json.dumps(answered | {"payment_id": str(uuid4()), "key": uuid4().hex})
    doctored.write_text(written + "\n")
    assert _audited(stack, doctored) == 1
    try:
        yield
    finally:
        doctored.write_text("")
        _audited(stack, doctored)


@contextmanager
def locked_payments(stack: Stack) -> Iterator[None]:
    """Somebody holds the table of payments: whoever writes there waits in vain."""
    locked, over = threading.Event(), threading.Event()

    async def hold() -> None:
        db = await asyncpg.connect(stack.database("payments"))
        async with db.transaction():
            await db.execute("LOCK TABLE payment IN SHARE MODE")
            locked.set()
            await asyncio.to_thread(over.wait)
        await db.close()

    thread = threading.Thread(target=lambda: asyncio.run(hold()))
    thread.start()
    locked.wait(10)
    try:
        yield
    finally:
        over.set()
        thread.join()


@contextmanager
def no_loki(stack: Stack) -> Iterator[None]:
    """While Loki is away so much is told that the collector's small queue fills."""
    words = "x" * 1024
    with (
        no_service(stack, "loki"),
        _telling(stack, lambda: _line(words), many=KIB_OF_LINES),
    ):
        yield


def _at_nats(stack: Stack, work: Any) -> Any:
    async def connected() -> Any:
        url = f"nats://127.0.0.1:{stack.ports['NATS_PORT']}"
        connection = await nats.connect(url)
        try:
            return await work(connection.jetstream())
        finally:
            await connection.close()

    return asyncio.run(connected())


def _line(text: str, at: float | None = None) -> dict[str, Any]:
    nanos = str(int((at or time.time()) * 1e9))
    return {
        "timeUnixNano": nanos,
        "severityNumber": 9,
        "severityText": "INFO",
        "body": {"stringValue": text},
        "attributes": [{"key": "note", "value": {"stringValue": text}}],
    }


@contextmanager
def _telling(stack: Stack, line: Any, many: int = 1) -> Iterator[None]:
    """Such lines come by OTLP each second, from a service that nobody declared."""
    url, over = f"{stack.ports.url('OTLP_HTTP_PORT')}/v1/logs", threading.Event()
    name = {"key": "service.name", "value": {"stringValue": "drill"}}
    space = {"key": "service.namespace", "value": {"stringValue": "payscope"}}

    def tell() -> None:
        with client(10) as http:
            while not over.wait(1):
                scope = {"logRecords": [line() for _ in range(many)]}
                resource = {"attributes": [name, space]}
                told = {"resource": resource, "scopeLogs": [scope]}
                http.post(url, json={"resourceLogs": [told]})

    thread = threading.Thread(target=tell)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _audited(stack: Stack, history: Path) -> int:
    beside = ["-m", "native", "run", "--instance", stack.instance.name, "--"]
    auditor = [sys.executable, "-m", "apps.verify", "--history", str(history)]
    done = subprocess.run(
        [sys.executable, *beside, *auditor], cwd=ROOT, capture_output=True, check=False
    )
    return done.returncode
