"""Notifications' database: one row per event and endpoint, one per attempt."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import astuple
from datetime import datetime, timedelta
from pathlib import Path
from typing import cast
from uuid import UUID

import asyncpg

from apps.kit import inbox, outbox
from apps.kit.database import Database
from apps.kit.events import CloudEvent

from .domain.notification import (
    Answer,
    Backlog,
    Delivery,
    History,
    Notification,
    UnderWay,
)
from .events import WebhookJob
from .rows import attempt_of, notification_of

SCHEMA = (inbox.SCHEMA, outbox.SCHEMA, Path(__file__).parent / "schema")
MERCHANTS = ("M-01", "M-02")
BATCH = 100

ENDPOINT = """
INSERT INTO endpoint (ref, merchant_id, url) VALUES ($1, $2, $3)
ON CONFLICT (ref) DO UPDATE SET merchant_id = excluded.merchant_id, url = excluded.url
"""
TARGETS = "SELECT ref FROM endpoint WHERE merchant_id = $1 ORDER BY ref"

KEEP = """
INSERT INTO notification
    (id, merchant_id, payment_id, target, event_id, type, body, created_at,
     traceparent, state, attempt, next_at, kind, queued)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14 + 1)
ON CONFLICT (target, event_id) DO NOTHING RETURNING true
"""
CLAIM = """
UPDATE notification SET leased_until = $4 FROM endpoint
WHERE id = $1 AND attempt = $2 - 1 AND state IN ('pending', 'failed')
AND (leased_until IS NULL OR leased_until <= $3) AND ref = target
RETURNING notification.*, url
"""
IS_OPEN = """
SELECT true FROM notification
WHERE id = $1 AND attempt = $2 - 1 AND state IN ('pending', 'failed')
"""
FINISH = """
WITH done AS (
    UPDATE notification
    SET attempt = $2, state = $3, next_at = $4, leased_until = NULL
    WHERE id = $1 AND attempt = $2 - 1 RETURNING id, attempt
)
INSERT INTO delivery_attempt
    (notification_id, attempt, at, status, error, duration_ms, trace_id)
SELECT id, attempt, $5, $6, $7, $8, $9 FROM done RETURNING true
"""
DUE = """
SELECT * FROM notification
WHERE state IN ('pending', 'failed') AND next_at <= $1 AND (queued = attempt
    OR next_at <= $2 AND (leased_until IS NULL OR leased_until <= $1))
ORDER BY next_at LIMIT $3 FOR UPDATE SKIP LOCKED
"""
QUEUED = "UPDATE notification SET queued = $2, next_at = $3 WHERE id = $1"
OF_PAYMENT = """
SELECT * FROM notification WHERE payment_id = $1 ORDER BY created_at, id
"""
ATTEMPTS = """
SELECT notification_id, attempt, at, status, error, duration_ms, trace_id
FROM delivery_attempt WHERE notification_id = ANY($1::uuid[]) ORDER BY attempt
"""
KEPT_FOR = timedelta(days=30)
"""As long as a dead letter: who asks why a merchant was told nothing finds both."""
PURGE = """
WITH old AS (
    SELECT id FROM notification
    WHERE state IN ('delivered', 'dead') AND created_at < now() - $1::interval
    ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED
), tries AS (DELETE FROM delivery_attempt USING old WHERE notification_id = old.id)
DELETE FROM notification USING old WHERE notification.id = old.id
"""
BACKLOG = """
SELECT count(*) AS count, min(created_at) AS oldest FROM notification
WHERE state IN ('pending', 'failed')
"""


class PostgresStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def offer(self, merchant_id: str, url: str) -> None:
        """From now on this is where the merchant wants to be told."""
        async with self._database.connection() as db:
            await db.execute(ENDPOINT, f"{merchant_id}/webhook", merchant_id, url)

    async def targets(self, merchant_id: str) -> Sequence[str]:
        async with self._database.connection() as db:
            return [row["ref"] for row in await db.fetch(TARGETS, merchant_id)]

    async def keep(self, new: Notification, job: CloudEvent[WebhookJob]) -> bool:
        """Keep a notification and queue its first attempt; false when it was known."""
        async with self._database.transaction() as db:
            if not await db.fetchval(KEEP, *astuple(new)):
                return False
            await outbox.put(db, job)
            return True

    async def claim(
        self, job: WebhookJob, at: datetime, until: datetime
    ) -> Delivery | None:
        """Make an attempt ours until that instant; nothing if it was made before.

        Raises UnderWay while it is another worker's.
        """
        async with self._database.connection() as db:
            place = (job.notification_id, job.attempt)
            if row := await db.fetchrow(CLAIM, *place, at, until):
                return Delivery(notification_of(row), row["url"])
            if await db.fetchval(IS_OPEN, *place):
                raise UnderWay
            return None

    async def finish(self, done: Notification, answer: Answer, trace_id: str) -> bool:
        """Keep an attempt; false when another worker, believing us dead, was first."""
        async with self._database.connection() as db:
            kept = await db.fetchval(
                FINISH,
                done.id,
                done.attempt,
                done.state,
                done.next_at,
                answer.at,
                answer.status,
                answer.error,
                round(answer.duration_s * 1000),
                trace_id,
            )
        return bool(kept)

    @asynccontextmanager
    async def due(
        self, at: datetime, lost: datetime
    ) -> AsyncIterator[Sequence[Notification]]:
        """What waits for its next job, and is nobody else's until the block ends.

        A job made before `lost` that is at no worker has gone astray: it waits again.
        """
        async with self._database.transaction() as db:
            rows = await db.fetch(DUE, at, lost, BATCH)
            yield [notification_of(row) for row in rows]

    async def queue(self, job: CloudEvent[WebhookJob]) -> None:
        """Queue a later attempt; the notification remembers that it is, and when."""
        told = job.data
        async with self._database.transaction() as db:
            await outbox.put(db, job)
            await db.execute(QUEUED, told.notification_id, told.attempt, job.time)

    async def of_payment(self, payment_id: UUID) -> Sequence[History]:
        async with self._database.connection() as db:
            rows = await db.fetch(OF_PAYMENT, payment_id)
            tried = await db.fetch(ATTEMPTS, [row["id"] for row in rows])
        return [
            History(
                notification_of(row),
                [attempt_of(each) for each in tried if each[0] == row["id"]],
            )
            for row in rows
        ]

    async def backlog(self) -> Backlog:
        async with self._database.connection() as db:
            row = cast("asyncpg.Record", await db.fetchrow(BACKLOG))
        return Backlog(row["count"], row["oldest"])


class Endpoints:
    """A part that keeps at each start where the demo's merchants want to be told."""

    def __init__(self, store: PostgresStore, url: str) -> None:
        self._store = store
        self._url = url

    async def start(self) -> None:
        for merchant in MERCHANTS:
            await self._store.offer(merchant, self._url)

    async def stop(self) -> None:
        """They stay."""

    async def is_ready(self) -> bool:
        return True
