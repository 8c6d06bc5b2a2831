"""How fast projections are made anew from the stream: `python -m benchmarks.replay`.

100,000 events of payments in a JetStream of its own, on disk; a PostgreSQL of its own.
All four projections are read into fresh generations in one pass, three times.
"""

import asyncio
import json
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psutil
import structlog
import uvloop
from rich.console import Console

from apps.backoffice.clients import PayStream
from apps.backoffice.domain.projections import Projection
from apps.backoffice.ports import Ports
from apps.backoffice.store import SCHEMA
from apps.backoffice.store.offsets import PostgresOffsets
from apps.backoffice.store.projections import PostgresProjections
from apps.backoffice.store.views import PostgresViews
from apps.backoffice.usecases.rebuilding import ask_rebuild, rebuild_asked
from apps.kit.broker import Broker
from apps.kit.database import Database
from apps.kit.events import event_id
from apps.kit.values import now, uuid7
from native import builds, postgres
from native.paths import Instance

EVENTS, ROUNDS, TOGETHER = 100_000, 3, 500
MERCHANTS, CARDS = 20, 2_000
BEGUN = datetime(2026, 3, 1, tzinfo=UTC)


@dataclass(frozen=True)
class _Scratch(Instance):
    place: Path = Path()

    @property
    def home(self) -> Path:
        return self.place


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(command: list[str]) -> Iterator[None]:
    quiet = subprocess.DEVNULL
    with subprocess.Popen(  # noqa: S603  (our own servers)
        command, cwd="/", stdout=quiet, stderr=quiet
    ) as server:
        try:
            yield
        finally:
            server.terminate()
            server.wait(timeout=20)


@contextmanager
def servers() -> Iterator[tuple[str, str]]:
    """PostgreSQL and NATS of our own; their addresses."""
    with tempfile.TemporaryDirectory(prefix="payscope-bench-") as place:
        Path(place).chmod(0o755)  # PostgreSQL may run as another account
        (build,) = (build for build in builds.STACK if build.name == "nats")
        builds.ensure(Console(stderr=True), (build,))
        instance = _Scratch(place=Path(place))
        postgres.prepare(instance)
        db, nats = free_port(), free_port()
        store = ["-js", "-sd", str(Path(place) / "nats")]
        address = ["-a", "127.0.0.1", "-p", str(nats)]
        program = str(builds.program("nats-server"))
        with (
            running(postgres.command(instance, db)),
            running([program, *store, *address]),
        ):
            while not postgres.is_ready(db):
                time.sleep(0.1)
            url = f"postgresql://backoffice:backoffice@127.0.0.1:{db}/backoffice"
            yield url, f"nats://127.0.0.1:{nats}"


def histories(chance: random.Random) -> Iterator[tuple[str, bytes]]:
    """Payments as they go: most are captured and settled, some refused or refunded."""
    cards = [uuid4() for _ in range(CARDS)]
    while True:
        yield from _life(chance, chance.choice(cards))


def _life(chance: random.Random, card: UUID) -> Iterator[tuple[str, bytes]]:
    amount = chance.randrange(1_000, 45_000)
    fee = -(-amount * 140 // 10_000) + 25
    fallback = chance.random() < 0.02
    decided = {
        "network_code": "00",
        "processing_mode": "FALLBACK" if fallback else "STANDARD",
        "source": "delegation" if fallback else "bank",
        "attempts": 1,
    }
    accepted, refused = {"response_code": "ACCEPTED"}, {"response_code": "EXPIRED_CARD"}
    payment = {
        "payment_id": uuid7(),
        "merchant_id": f"M-{chance.randrange(MERCHANTS):02}",
        "pos_id": "POS-01",
        "card_token": card,
        "brand": "MASTERCARD",
        "last4": "0007",
        "amount": amount,
        "currency": "EUR",
        "created_at": BEGUN + timedelta(seconds=chance.randrange(7 * 86_400)),
        "trace_id": f"{chance.getrandbits(128):032x}",
    }
    if chance.random() < 0.1:
        yield _event(payment, "declined", 1, decided | refused)
        return
    yield _event(payment, "authorised", 1, decided | accepted)
    if chance.random() < 0.05:
        yield _event(payment, "voided", 2, {"void_id": uuid4(), "reason": "merchant"})
        return
    captured = {"capture_id": uuid4(), "captured": amount, "fee": fee}
    yield _event(payment, "captured", 2, captured)
    net, last = amount - fee, 3
    if chance.random() < 0.1:
        net, last = net - 500, 4
        refunded = {"refund_id": uuid4(), "refunded": 500, "refunded_total": 500}
        yield _event(payment, "refunded", 3, refunded)
    settled = {"batch_id": uuid4(), "gross": amount, "fee": fee, "net": net}
    yield _event(payment, "settled", last, settled)


def _event(
    payment: dict[str, Any], kind: str, version: int, facts: dict[str, Any]
) -> tuple[str, bytes]:
    subject = f"pay.v1.payment.{kind}"
    envelope = {
        "specversion": "1.0",
        "id": event_id(payment["payment_id"], version),
        "source": "/payments",
        "type": subject,
        "subject": payment["payment_id"],
        "time": (payment["created_at"] + timedelta(seconds=version)).isoformat(),
        "datacontenttype": "application/json",
        "traceparent": f"00-{payment['trace_id']}-{'1' * 16}-01",
        "sequence": version,
        "partitionkey": payment["payment_id"],
        "data": payment | {"status": kind} | facts,
    }
    return subject, json.dumps(envelope, default=str).encode()


async def publish(broker: Broker) -> int:
    """Fill the stream; how many bytes the events have."""
    made, size = histories(random.Random(4)), 0
    for _ in range(EVENTS // TOGETHER):
        batch = [next(made) for _ in range(TOGETHER)]
        size += sum(len(payload) for _, payload in batch)
        sends = (broker.stream().publish(*each, timeout=10) for each in batch)
        await asyncio.gather(*sends)
    return size


async def measure(database_url: str, nats_url: str) -> None:
    database = Database(database_url, SCHEMA)
    broker = Broker("backoffice", nats_url)
    await database.start()
    await broker.start()
    size = await publish(broker)
    print(f"{EVENTS:,} events, {size / EVENTS:.0f} bytes each; {_machine()}")
    ports = Ports(
        PostgresProjections(database),
        PostgresOffsets(database),
        PostgresViews(database),
        PayStream(broker.stream, now, batch=int(_asked() or 500)),
        clock=now,
    )
    rates = [await replay(ports) for _ in range(ROUNDS)]
    print(f"median {statistics.median(rates):,.0f} events/s")
    await broker.stop()
    await database.stop()


async def replay(ports: Ports) -> float:
    """Make all projections anew; events per second."""
    for projection in Projection:
        await ask_rebuild(projection, ports)
    begun, used, theirs = time.perf_counter(), time.process_time(), _servers_cpu()
    await rebuild_asked(ports)
    took, used = time.perf_counter() - begun, time.process_time() - used
    theirs = _servers_cpu() - theirs
    (each, *_) = await ports.offsets.standings()
    if each.serving.events != EVENTS:
        raise SystemExit(f"{each.serving.events} events were read")
    rate = f"{took:6.1f} s {EVENTS / took:9,.0f} events/s"
    print(f"{rate}, CPU {used:5.1f} s and of the servers {theirs:5.1f} s")
    return EVENTS / took


def _servers_cpu() -> float:
    """Of PostgreSQL and NATS, those that ended included where their parent waited."""
    total = 0.0
    for process in psutil.Process().children(recursive=True):
        times = process.cpu_times()
        total += times.user + times.system
    return total


def _asked() -> str | None:
    return sys.argv[1] if len(sys.argv) > 1 else None


def _machine() -> str:
    model = next(
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    )
    memory = psutil.virtual_memory().total / 2**30
    return f"{psutil.cpu_count()} x {model}, {memory:.0f} GiB"


def main() -> None:
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    with servers() as (database_url, nats_url):
        uvloop.run(measure(database_url, nats_url))


if __name__ == "__main__":
    main()
