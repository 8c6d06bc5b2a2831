"""What a webhook costs, CPU by process: `python -m benchmarks.webhooks`.

Notifications in a process of its own, its merchant within; PostgreSQL, NATS and a
receiver of telemetry beside it. Events come at a steady rate, all of them sampled.
"""

import asyncio
import os
import secrets
import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import asyncpg
import nats
import psutil
from rich.console import Console
from rich.table import Table

from apps.kit.events import CloudEvent, event_id
from apps.kit.values import now
from apps.notifications.events import AUTHORISED, PaymentChanged
from benchmarks.servers import Servers, running, servers
from benchmarks.serving import free_port, until_open
from benchmarks.sink import Sink, sinking
from native.figures import machine

RATES = (30.0, 90.0, 180.0)
"""Webhooks a second: three belong to a payment."""

SECONDS = 10.0
DELIVERED = "SELECT count(*) FROM notification WHERE state = 'delivered'"

console = Console(stderr=True)


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one webhook, from the event heard to the answer kept: CPU in milliseconds."""

    rate: float
    webhooks: int
    service_ms: float
    postgres_ms: float
    nats_ms: float
    spans: float
    lines: float
    delay_s: float
    """From recording it to its delivery, on average."""


@dataclass(frozen=True)
class World:
    """Where events are told, and who works at them."""

    on: Servers
    sink: Sink
    service: psutil.Process

    def used(self) -> tuple[float, float, float]:
        return _cpu(self.service), _cpu(self.on.postgres), _cpu(self.on.nats)


@contextmanager
def standing() -> Iterator[World]:
    with TemporaryDirectory() as place, servers() as on, sinking() as sink:
        url = on.database_url.replace("backoffice", "notifications")
        port = free_port()
        told = {
            "NOTIFICATIONS_PORT": str(port),
            "NOTIFICATIONS_DATABASE_URL": url,
            "NOTIFICATIONS_NATS_URL": on.nats_url,
            "NOTIFICATIONS_WEBHOOK_URL": f"http://127.0.0.1:{port}/demo/webhooks",
            "NOTIFICATIONS_WEBHOOK_KEY_FILE": f"{place}/webhook-key",
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{sink.port}",
        }
        pairs = [f"{key}={value}" for key, value in (os.environ | told).items()]
        command = ["/usr/bin/env", "-C", str(Path.cwd()), *pairs]
        with running([*command, sys.executable, "-m", "apps.notifications"]) as root:
            until_open(port)
            yield World(on, sink, root)


def announced() -> tuple[str, bytes, dict[str, str]]:
    """An event of a payment of its own, in a trace of its own."""
    payment, trace = uuid4(), f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"
    event = CloudEvent[PaymentChanged](
        id=event_id(payment, 1),
        source="/payments",
        type=AUTHORISED,
        subject=str(payment),
        time=now(),
        data=PaymentChanged(
            payment_id=payment,
            merchant_id=secrets.choice(("M-01", "M-02")),
            pos_id="POS-01",
            status="authorised",
            amount=25_000,
            currency="EUR",
            brand="MASTERCARD",
            last4="0007",
            response_code="ACCEPTED",
        ),
    )
    sent = {"Nats-Msg-Id": str(event.id), "traceparent": trace}
    return AUTHORISED, event.model_dump_json().encode(), sent


async def publish(stream: Any, rate: float, seconds: float) -> int:
    begun, sent = time.monotonic(), 0
    while (gone := time.monotonic() - begun) < seconds:
        for _ in range(int(gone * rate) - sent):
            subject, body, headers = announced()
            await stream.publish(subject, body, headers=headers)
            sent += 1
        await asyncio.sleep(0.01)
    return sent


async def measure(world: World, rate: float, seconds: float) -> Cost:
    console.print(f"  {rate:.0f} webhooks/s …", style="dim")
    url = world.on.database_url.replace("backoffice", "notifications")
    connection, db = await nats.connect(world.on.nats_url), await asyncpg.connect(url)
    before, known = world.used(), await db.fetchval(DELIVERED)
    spans, lines = _told(world.sink)
    sent = await publish(connection.jetstream(), rate, seconds)
    while await db.fetchval(DELIVERED) < known + sent:  # noqa: ASYNC110
        await asyncio.sleep(0.2)
    used = [after - was for after, was in zip(world.used(), before, strict=True)]
    delay = "SELECT avg(at - created_at) FROM notification JOIN delivery_attempt"
    late = await db.fetchval(f"{delay} ON notification_id = id")
    await asyncio.sleep(1.0)
    after = _told(world.sink)
    await connection.close()
    await db.close()
    service, postgres, streams = (1000 * seconds / sent for seconds in used)
    return Cost(
        rate,
        sent,
        service,
        postgres,
        streams,
        spans=(after[0] - spans) / sent,
        lines=(after[1] - lines) / sent,
        delay_s=late.total_seconds(),
    )


def _told(sink: Sink) -> tuple[int, int]:
    return sink.spans["notifications"], sink.lines["notifications"]


def _cpu(root: psutil.Process) -> float:
    """Its children's as well, those that ended included where it waited for them."""
    times: Any = root.cpu_times()
    total = sum(times[:4])
    for child in root.children(recursive=True):
        of_child: Any = child.cpu_times()
        total += of_child.user + of_child.system
    return float(total)


def table(found: list[Cost]) -> Table:
    shown = Table(title=f"One webhook, on {machine()}")
    for head in ("webhooks/s", "notifications, ms", "PostgreSQL, ms", "NATS, ms"):
        shown.add_column(head, justify="right")
    for head in ("spans", "lines", "delay, ms"):
        shown.add_column(head, justify="right")
    for each in found:
        spent = (each.service_ms, each.postgres_ms, each.nats_ms)
        told = (each.spans, each.lines)
        shown.add_row(
            f"{each.rate:.0f}",
            *(f"{ms:.2f}" for ms in spent),
            *(f"{count:.1f}" for count in told),
            f"{1000 * each.delay_s:.0f}",
        )
    return shown


async def run(asked: Namespace) -> None:
    with standing() as world:
        await asyncio.sleep(3.0)
        await measure(world, 30.0, 2.0)
        found = [await measure(world, rate, asked.seconds) for rate in asked.rates]
    console.print(table(found))


if __name__ == "__main__":
    words = ArgumentParser(description=__doc__)
    words.add_argument("--seconds", type=float, default=SECONDS)
    words.add_argument("--rates", type=float, nargs="+", default=RATES)
    asyncio.run(run(words.parse_args()))
