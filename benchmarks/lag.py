"""What is still to be done after the last answer: outboxes, steps, streams."""

import asyncio
import json
import time
from dataclasses import dataclass
from typing import Any, Self
from urllib.request import ProxyHandler, build_opener

import asyncpg

from native.environment import WITH_DATABASE
from native.ports import LOOPBACK, Ports

from .stacks import console

WITHIN_S = 300.0
LOOK_EVERY_S = 0.5

OUTBOX = "SELECT count(*) FROM outbox WHERE published_at IS NULL"
STEPS = "SELECT count(*) FROM saga WHERE state = 'due' AND next_at < now()"
SOON = STEPS + " + interval '6 s'"
"""A capture waits for five seconds: it belongs to the payment before it, all the same."""

HAS = "SELECT to_regclass($1) IS NOT NULL"

_direct = build_opener(ProxyHandler({}))

Lag = dict[str, int]
"""How many wait, by where; what is empty is left out."""


def connect_to(ports: Ports, name: str) -> Any:
    """A service's own database, as that service."""
    where = f"{LOOPBACK}:{ports['POSTGRES_PORT']}"
    return asyncpg.connect(f"postgresql://{name}:{name}@{where}/{name}")


class Watch:
    """Looks what waits, without a new connection each time: those cost CPU."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._questions: list[tuple[str, Any, str]] = []

    async def __aenter__(self) -> Self:
        for name in WITH_DATABASE:
            db = await connect_to(self._ports, name)
            for table, question in (("outbox", OUTBOX), ("saga", SOON)):
                if await db.fetchval(HAS, table):
                    self._questions.append((f"{name}'s {table}", db, question))
        return self

    async def __aexit__(self, *_fault: object) -> None:
        for db in {db for _, db, _ in self._questions}:
            await db.close()

    async def left(self) -> Lag:
        """All that waits, anywhere."""
        found = streams(self._ports)
        for where, db, question in self._questions:
            found[where] = await db.fetchval(question)
        return {where: waiting for where, waiting in found.items() if waiting}


async def left(ports: Ports) -> Lag:
    async with Watch(ports) as watch:
        return await watch.left()


def streams(ports: Ports) -> Lag:
    """What each durable consumer has not acknowledged."""
    url = f"{ports.url('NATS_MONITOR_PORT')}/jsz?consumers=true&config=true"
    with _direct.open(url, timeout=10) as answer:
        told: dict[str, Any] = json.load(answer)
    return {
        each["name"]: each["num_pending"] + each["num_ack_pending"]
        for account in told.get("account_details", [])
        for stream in account.get("stream_detail", [])
        for each in stream.get("consumer_detail") or []
        if each["config"].get("durable_name")
    }


@dataclass(frozen=True, slots=True)
class Settled:
    """How long it took until nothing waited, and what did last."""

    seconds: float
    last: Lag


async def settled(ports: Ports, within_s: float = WITHIN_S) -> Settled:
    begun, last = time.monotonic(), Lag()
    async with Watch(ports) as watch:
        while waiting := await watch.left():
            last = waiting
            if time.monotonic() - begun > within_s:
                console.print(f"Still to be done: {waiting}", style="yellow")
                break
            await asyncio.sleep(LOOK_EVERY_S)
    return Settled(time.monotonic() - begun, last)


async def drained(ports: Ports, within_s: float = WITHIN_S) -> float:
    """Seconds until payments has nothing left to announce or to finish."""
    db = await connect_to(ports, "payments")
    begun = time.monotonic()
    try:
        while await db.fetchval(f"SELECT ({OUTBOX}) + ({STEPS})"):
            if time.monotonic() - begun > within_s:
                console.print("Payments is not done yet.", style="yellow")
                break
            await asyncio.sleep(LOOK_EVERY_S)
    finally:
        await db.close()
    return time.monotonic() - begun
