"""Events leave through a table: kept with the state they tell of, published after.

`put` adds a row in the caller's transaction. A relay publishes the rows of its batch in
order and marks them; beside another replica's relay, which takes the next rows meanwhile,
events may overtake one another, and hearers go by what an event says, not by its turn; a crash in between publishes again under the same id, which the stream
drops within its dedupe window and every inbox for as long as it can come.
"""

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
from pydantic import BaseModel

from apps.kit.broker import Broker
from apps.kit.crashing import crash_point
from apps.kit.database import Connection, Database
from apps.kit.events import CloudEvent, schema_of
from apps.kit.forgetting import forgetting
from apps.kit.jobs import Every
from apps.kit.sending import Outgoing, traceparent, tracestate
from apps.kit.signals import Counter, Facts, Gauge, Histogram, tell

SCHEMA = Path(__file__).parent / "schema" / "outbox"
BATCH = 100
BATCH_S = 1.0
"""A batch begins no other event after this, and what left is marked: a slow stream holds
its transaction open for this and the last publishing, three seconds in all."""
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

INSERT = """
INSERT INTO outbox (id, subject, payload, traceparent) VALUES ($1, $2, $3, $4)
ON CONFLICT (id) DO NOTHING
"""
WAITING = """
SELECT seq, id, subject, payload, traceparent, created_at FROM outbox
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


async def put(db: Connection, event: CloudEvent[Any]) -> None:
    """Queue an event in the caller's transaction; it remembers the current trace."""
    trace, shape = traceparent(), schema_of(event.type)
    set_here = {"dataschema": shape, "traceparent": trace, "tracestate": tracestate()}
    told: BaseModel = event.model_copy(update=set_here)
    await db.execute(INSERT, event.id, event.type, told.model_dump_json(), trace)
    crash_point("outbox.after_put")


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
            if not await self._batch(db):
                try:
                    async with asyncio.timeout(POLL_S):
                        await self._woken.wait()
                except TimeoutError:
                    continue

    async def _batch(self, db: Connection) -> bool:
        """Publish the oldest rows, and mark those that the stream acknowledged.

        True when more may wait, and can go at once.
        """
        if not self._broker.is_connected:
            return False
        async with db.transaction():
            rows = await db.fetch(WAITING, BATCH)
            done, go_on = await self._publish(rows)
            if done:
                crash_point("outbox.after_publish")
                await db.execute(MARK, done)
        return go_on

    async def _publish(self, rows: Sequence[asyncpg.Record]) -> tuple[list[int], bool]:
        done: list[int] = []
        until = time.monotonic() + BATCH_S
        for row in rows:
            if not await self._has_left(row):
                return done, False
            done.append(row["seq"])
            if time.monotonic() >= until:
                return done, True
        return done, len(rows) == BATCH

    async def _has_left(self, row: asyncpg.Record) -> bool:
        message = Outgoing(
            row["id"], row["subject"], row["payload"].encode(), row["traceparent"]
        )
        sent = await self._broker.publish(message)
        if sent is None:
            return False
        facts = {"messaging.destination.name": row["subject"]}
        PUBLISHED.add(facts)
        lag = datetime.now(UTC) - row["created_at"]
        LAG.record(lag.total_seconds(), facts, under=sent)
        return True

    def _wake(self, *_notification: object) -> None:
        self._woken.set()
