"""Events leave through a table: kept with the state they tell of, published after.

`put` adds a row in the caller's transaction. A relay publishes the rows of its batch in
order and marks those that the stream took; what it refused, or another replica's relay
takes meanwhile, may be overtaken, and hearers go by what an event says, not by its turn. A
crash in between publishes again under the same id, which the stream drops within its
dedupe window and every inbox for as long as it can come.
"""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
from opentelemetry.trace import SpanContext

from apps.kit.broker import Broker
from apps.kit.crashing import crash_point
from apps.kit.database import Connection, Database
from apps.kit.forgetting import forgetting
from apps.kit.jobs import Every
from apps.kit.putting import put, put_many, row
from apps.kit.sending import Outgoing
from apps.kit.signals import Counter, Facts, Gauge, Histogram, tell

__all__ = ["SCHEMA", "Relay", "put", "put_many", "row"]

SCHEMA = Path(__file__).parent / "schema" / "outbox"
BATCH = 100
"""All of it is sent, then waited for: a slow stream holds the transaction open for two
seconds, as long as a publishing may take, and what left by then is marked."""
GAP_S = 0.05
"""Between the beginnings of two batches: what comes meanwhile leaves together. The first
event after a silence leaves at once."""
POLL_S = 1.0
"""A notification wakes the relay; the poll finds what a lost one left behind."""
MEASURE_S = 5.0
"""How often it is told how many events wait."""
KEPT_FOR = timedelta(days=7)
"""As long as the stream keeps what left, so that the two can be compared."""

PUBLISHED = Counter(
    "outbox.published",
    unit="{message}",
    about="Events that left the outbox.",
    by=("messaging.destination.name",),
)
LAG = Histogram(
    "outbox.lag",
    unit="s",
    about="From an event's transaction to its acknowledgement by the stream.",
    by=("messaging.destination.name",),
)
DEPTH = Gauge(
    "outbox.depth",
    unit="{message}",
    about="Events that wait in the outbox.",
)
OLDEST = Gauge(
    "outbox.oldest",
    unit="s",
    about="Age of the oldest event that waits in the outbox.",
)

WAITING = """
SELECT seq, id, subject, payload, traceparent, baggage, created_at FROM outbox
WHERE published_at IS NULL ORDER BY seq LIMIT $1 FOR UPDATE SKIP LOCKED
"""
DEPTHS = """
SELECT count(*) AS depth,
    coalesce(extract(epoch FROM now() - min(created_at)), 0)::float8 AS oldest
FROM outbox WHERE published_at IS NULL
"""
PURGE = """
WITH oldest AS (
    SELECT seq, published_at FROM outbox WHERE published_at IS NOT NULL
    ORDER BY seq LIMIT $2
)
DELETE FROM outbox USING oldest
WHERE outbox.seq = oldest.seq AND oldest.published_at < now() - $1::interval
"""
"""They left in this order, near enough: no index is needed to find the oldest."""
MARK = "UPDATE outbox SET published_at = now() WHERE seq = ANY($1::bigint[])"


class Relay:
    """Moves the outbox of one service to the stream, beside its other work."""

    def __init__(self, database: Database, broker: Broker) -> None:
        self._database = database
        self._broker = broker
        self._woken = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._beside = (
            Every("outbox.measure", MEASURE_S, self.measure, at_once=True),
            forgetting("outbox.purge", database, PURGE, KEPT_FOR),
        )

    async def start(self) -> None:
        self._task = asyncio.create_task(self._run())
        for job in self._beside:
            await job.start()

    async def stop(self) -> None:
        for job in self._beside:
            await job.stop()
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def is_ready(self) -> bool:
        return self._task is not None and not self._task.done()

    async def measure(self) -> None:
        """Tell how many events wait, and since when the oldest does."""
        async with self._database.connection() as db:
            (waiting,) = await db.fetch(DEPTHS)
        DEPTH.set(waiting["depth"], {})
        OLDEST.set(waiting["oldest"], {})

    async def _run(self) -> None:
        """Relay for ever: a lost database or broker is waited for, never given up."""
        while True:
            try:
                async with self._database.connection() as db:
                    await db.add_listener("outbox", self._wake)
                    try:
                        await self._relay(db)
                    finally:
                        await db.remove_listener("outbox", self._wake)
            except Exception as fault:  # noqa: BLE001  (told, and tried again)
                facts: Facts = {"error.type": type(fault).__qualname__}
                tell("outbox.interrupted", facts, level="warning", fault=fault)
                await asyncio.sleep(POLL_S)

    async def _relay(self, db: Connection) -> None:
        while True:
            self._woken.clear()
            begun = time.monotonic()
            if not await self._batch(db):
                with suppress(TimeoutError):
                    async with asyncio.timeout(POLL_S):
                        await self._woken.wait()
                await asyncio.sleep(begun + GAP_S - time.monotonic())

    async def _batch(self, db: Connection) -> bool:
        """Publish the oldest rows, and mark those that the stream acknowledged.

        True when more may wait, and can go at once.
        """
        if not self._broker.is_connected:
            return False
        async with db.transaction():
            rows = await db.fetch(WAITING, BATCH)
            sent = await self._broker.publish_all([_outgoing(each) for each in rows])
            done = _left(rows, sent)
            if done:
                crash_point("outbox.after_publish")
                await db.execute(MARK, done)
        return len(done) == BATCH or 0 < len(done) < len(rows)

    def _wake(self, *_notification: object) -> None:
        self._woken.set()


def _left(
    rows: Sequence[asyncpg.Record], sent: Sequence[SpanContext | None]
) -> list[int]:
    """Those that the stream has; what stayed is sent again, behind them."""
    done = []
    for each, span in zip(rows, sent, strict=True):
        if span is not None:
            done.append(each["seq"])
            facts = {"messaging.destination.name": each["subject"]}
            PUBLISHED.add(facts)
            lag = datetime.now(UTC) - each["created_at"]
            LAG.record(lag.total_seconds(), facts, under=span)
    return done


def _outgoing(kept: asyncpg.Record) -> Outgoing:
    return Outgoing(
        kept["id"],
        kept["subject"],
        kept["payload"].encode(),
        kept["traceparent"],
        baggage=kept["baggage"],
    )
