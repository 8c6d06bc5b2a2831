"""How fast projections are made anew from the stream: `python -m benchmarks.replay`.

Events of payments in a JetStream of its own, on disk; a PostgreSQL of its own. All four
projections are read into fresh generations in one pass, some times.
"""

import random
import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import islice
from statistics import median
from typing import Any

import psutil
import uvloop
from rich.table import Table

from apps.backoffice.clients import PayStream, StreamLetters
from apps.backoffice.domain.projections import Projection
from apps.backoffice.ports import Ports
from apps.backoffice.store import SCHEMA
from apps.backoffice.store.alerts import PostgresAlerts
from apps.backoffice.store.offsets import PostgresOffsets
from apps.backoffice.store.projections import PostgresProjections
from apps.backoffice.store.views import PostgresViews
from apps.backoffice.usecases.rebuilding import ask_rebuild, rebuild_asked
from apps.kit import writing
from apps.kit.broker import Broker
from apps.kit.database import Database
from apps.kit.values import now
from benchmarks.costs import MIB
from benchmarks.ending import ended
from benchmarks.histories import histories
from benchmarks.servers import Servers, servers
from benchmarks.stacks import console
from native.figures import machine

EVENTS, ROUNDS, BATCH = 100_000, 3, 500
CHUNK = 5_000


@dataclass(frozen=True, slots=True)
class Replay:
    """One pass through a stream; CPU in seconds, memory of NATS in MiB (RSS)."""

    events: int
    seconds: float
    cpu_s: float
    servers_cpu_s: float
    nats_mib: float

    @property
    def per_s(self) -> float:
        return self.events / self.seconds


@dataclass(frozen=True, slots=True)
class Filled:
    """A stream of so many events."""

    events: int
    bytes_each: float
    seconds: float
    nats_mib: float


async def publish(broker: Broker, events: int, nats: psutil.Process) -> Filled:
    """Fill the stream, a chunk at a time; the last of each is acknowledged."""
    made, size, done = histories(random.Random(4)), 0, 0
    begun, connection = time.perf_counter(), broker.connection
    if connection is None:
        raise SystemExit("NATS is away.")
    while done < events:
        chunk = list(islice(made, min(CHUNK, events - done)))
        for subject, payload in chunk[:-1]:
            await connection.publish(subject, payload)
        await broker.stream().publish(*chunk[-1], timeout=60)
        size += sum(len(payload) for _, payload in chunk)
        done += len(chunk)
    kept = (await broker.stream().stream_info("PAY")).state.messages
    if kept != events:
        raise SystemExit(f"The stream has kept {kept} of {events} events.")
    took = time.perf_counter() - begun
    return Filled(events, size / events, took, nats.memory_info().rss / MIB)


@asynccontextmanager
async def standing(on: Servers, batch: int) -> AsyncIterator[tuple[Broker, Ports]]:
    """A back office's parts, without its process."""
    database = Database(on.database_url, SCHEMA)
    broker = Broker("backoffice", on.nats_url)
    await database.start()
    await broker.start()
    try:
        yield (
            broker,
            Ports(
                PostgresProjections(database),
                PostgresOffsets(database),
                PostgresViews(database),
                PayStream(broker.stream, now, batch=batch),
                StreamLetters(broker.stream),
                PostgresAlerts(database),
                b"",
                clock=now,
            ),
        )
    finally:
        await broker.stop()
        await database.stop()


async def replay(ports: Ports, events: int, on: Servers) -> Replay:
    """Make all projections anew."""
    for projection in Projection:
        await ask_rebuild(projection, ports)
    begun, used, theirs = time.perf_counter(), time.process_time(), servers_cpu(on)
    await rebuild_asked(ports)
    took, used = time.perf_counter() - begun, time.process_time() - used
    (each, *_) = await ports.offsets.standings()
    if each.serving.events != events:
        raise SystemExit(f"{each.serving.events} events were read")
    found = Replay(
        events, took, used, servers_cpu(on) - theirs, on.nats.memory_info().rss / MIB
    )
    console.print(f"  {took:.1f} s, {found.per_s:,.0f} events/s", style="dim")
    return found


async def measure(
    events: int, rounds: int, batch: int = BATCH
) -> tuple[Filled, list[Replay]]:
    with servers() as on:
        async with standing(on, batch) as (broker, ports):
            console.print(f"  Publishing {events:,} events …", style="dim")
            filled = await publish(broker, events, on.nats)
            return filled, [await replay(ports, events, on) for _ in range(rounds)]


def servers_cpu(on: Servers) -> float:
    """Of PostgreSQL and NATS, those that ended included where their parent waited."""
    total = 0.0
    for root in (on.postgres, on.nats):
        for process in (root, *root.children(recursive=True)):
            times: Any = process.cpu_times()
            total += times.user + times.system
    return total


def table(filled: Filled, found: list[Replay]) -> Table:
    shown = Table("seconds", "events/s", "CPU s", "servers' CPU s", "NATS, MiB")
    shown.title = (
        f"{filled.events:,} events of {filled.bytes_each:.0f} bytes, made anew"
    )
    for each in found:
        row = (f"{each.seconds:.1f}", f"{each.per_s:,.0f}", f"{each.cpu_s:.1f}")
        shown.add_row(*row, f"{each.servers_cpu_s:.1f}", f"{each.nats_mib:.0f}")
    return shown


def quietly() -> None:
    writing.way.out = str


def run(asked: Namespace) -> int:
    quietly()
    filled, found = uvloop.run(measure(asked.events, asked.rounds, asked.batch))
    console.print(table(filled, found))
    middle = median(each.per_s for each in found)
    console.print(f"{machine()}: median {middle:,.0f} events/s")
    return 0


def main() -> int:
    words = ArgumentParser(description=__doc__)
    words.add_argument("--events", type=int, default=EVENTS)
    words.add_argument("--rounds", type=int, default=ROUNDS)
    words.add_argument("--batch", type=int, default=BATCH, help="read at once")
    asked = words.parse_args()
    return ended(lambda: run(asked))


if __name__ == "__main__":
    sys.exit(main())
