"""What hearing a message costs, by how many are heard at once: `python -m benchmarks.hearing`.

Events of payments wait in a JetStream of its own; the back office and fraud hear all of
them, with their own listeners, from an empty PostgreSQL. Spans are made and then dropped.
"""

import asyncio
import os
import random
import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import asyncpg
import uvloop
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.trace import SpanKind
from rich.table import Table

from apps.backoffice import listeners as backoffice
from apps.backoffice import store as backoffice_store
from apps.backoffice.ports import Ports as BackofficePorts
from apps.backoffice.store.offsets import PostgresOffsets
from apps.backoffice.store.projections import PostgresProjections
from apps.backoffice.store.views import PostgresViews
from apps.fraud import listeners as fraud
from apps.fraud import store as fraud_store
from apps.fraud.domain import Thresholds
from apps.fraud.usecases import Ports as FraudPorts
from apps.kit import logs
from apps.kit.broker import Broker
from apps.kit.database import Database
from apps.kit.listeners import Listeners
from apps.kit.values import now
from benchmarks.ending import ended
from benchmarks.histories import histories
from benchmarks.replay import publish, servers_cpu
from benchmarks.servers import Servers, servers
from benchmarks.stacks import console
from native.figures import machine

EVENTS = 3_000
SIZES = (1, 8, 64)
"""One at a time; what 160 a second bring in a linger; as many as are taken at once."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Per message: microseconds of CPU, and statements."""

    who: str
    batch: int
    cpu_us: float
    servers_us: float
    statements: float


class Counting(SpanProcessor):
    """How many messages were processed, and how many queries that took."""

    def __init__(self) -> None:
        self.heard = self.statements = 0

    def on_end(self, span: ReadableSpan) -> None:
        self.heard += span.kind is SpanKind.CONSUMER
        self.statements += span.kind is SpanKind.CLIENT


def made(who: str, database: Database) -> tuple[Listeners, Any, Sequence[Path]]:
    """A service's listeners, and the ports that hearing takes."""
    if who == "fraud":
        limits = Thresholds(20, 40, timedelta(minutes=10))
        store = fraud_store.PostgresStore(database)
        return fraud.listeners, FraudPorts(store, limits, now), fraud_store.SCHEMA
    nowhere: Any = None
    ports = BackofficePorts(
        PostgresProjections(database),
        PostgresOffsets(database),
        PostgresViews(database),
        nowhere,
        nowhere,
        nowhere,
        b"",
        clock=now,
    )
    return backoffice.listeners, ports, backoffice_store.SCHEMA


async def hear(who: str, size: int, on: Servers, counting: Counting, most: int) -> Cost:
    """Hear all of the stream anew, so many at once."""
    empty = await asyncpg.connect(on.database_url)
    await empty.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    await empty.close()
    listeners, ports, schema = made(who, database := Database(on.database_url, ()))
    database._schema = schema
    await database.start()
    broker = Broker(f"{who}-{size}", on.nats_url)
    sized = Listeners(replace(each, batch=size) for each in listeners)
    broker.hear(sized, ports, database)
    counting.heard = counting.statements = 0
    used, theirs = time.process_time(), servers_cpu(on)
    await broker.start()
    before, still = -1, 0
    while counting.heard < most and still < 20:
        still = still + 1 if counting.heard == before else 0
        before = counting.heard
        await asyncio.sleep(0.05)
    used, theirs = time.process_time() - used, servers_cpu(on) - theirs
    heard, asked = counting.heard, counting.statements
    await broker.stop()
    await database.stop()
    micro = 1e6 / heard
    return Cost(who, size, used * micro, theirs * micro, asked / heard)


async def measure(events: int, sizes: Sequence[int]) -> list[Cost]:
    counting = Counting()
    provider = TracerProvider()
    provider.add_span_processor(counting)
    trace.set_tracer_provider(provider)
    with servers() as on, into_nothing():
        broker = Broker("benchmark", on.nats_url)
        await broker.start()
        await publish(broker, events, on.nats)
        decided = sum(
            subject.endswith(("authorised", "declined"))
            for subject, _ in islice(histories(random.Random(4)), events)
        )
        await broker.stop()
        return [
            await hear(who, size, on, counting, most)
            for who, most in (("backoffice", events), ("fraud", decided))
            for size in sizes
        ]


@contextmanager
def into_nothing() -> Iterator[None]:
    """Lines are made, and go nowhere."""
    with Path(os.devnull).open("w") as nothing, redirect_stdout(nothing):
        logs.start("benchmark")
        yield


def table(found: Sequence[Cost]) -> Table:
    shown = Table("who", "at once", "CPU, µs", "to one", "servers' µs", "statements")
    shown.title = "Hearing one message"
    one = {each.who: each.cpu_us for each in found if each.batch == 1}
    for each in found:
        ratio = f"{each.cpu_us / one[each.who]:.2f}" if each.who in one else ""
        row = (each.who, str(each.batch), f"{each.cpu_us:,.0f}", ratio)
        shown.add_row(*row, f"{each.servers_us:,.0f}", f"{each.statements:.2f}")
    return shown


def run(asked: Namespace) -> int:
    found = uvloop.run(measure(asked.events, asked.sizes))
    console.print(table(found))
    console.print(machine())
    return 0


def main() -> int:
    words = ArgumentParser(description=__doc__)
    words.add_argument("--events", type=int, default=EVENTS)
    words.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    asked = words.parse_args()
    return ended(lambda: run(asked))


if __name__ == "__main__":
    sys.exit(main())
