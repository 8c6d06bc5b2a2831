"""What merchants are to be told, and what became of it."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from operator import attrgetter
from typing import Any, cast
from uuid import UUID

import asyncpg

from apps.kit import outbox
from apps.kit.database import Database
from apps.kit.putting import Row

from ..domain.notification import (
    Backlog,
    Delivery,
    History,
    Made,
    Notification,
    UnderWay,
)
from ..events import WebhookJob
from .endpoints import Targets
from .rows import attempt_of, notification_of
from .statements import (
    ARE_OPEN,
    ATTEMPTS,
    BACKLOG,
    CLAIM,
    DUE,
    FINISH,
    KEEP,
    OF_PAYMENT,
    QUEUED,
)

BATCH = 100

_kept = attrgetter(
    "id",
    "merchant_id",
    "payment_id",
    "target",
    "event_id",
    "type",
    "body",
    "created_at",
    "traceparent",
)
"""What is kept of a new one; it was tried never."""


class PostgresStore:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._targets = Targets(database)

    async def targets(self, merchants: Collection[str]) -> Mapping[str, Sequence[str]]:
        return await self._targets.of(merchants)

    async def offer(self, merchant_id: str, url: str) -> None:
        """From now on this is where the merchant wants to be told."""
        await self._targets.offer(merchant_id, url)

    async def keep(
        self, new: Sequence[Notification], jobs: Sequence[Row]
    ) -> Collection[UUID]:
        """Keep notifications and queue their first attempts; those that were not known."""
        if not new:
            return ()
        async with self._database.transaction() as db:
            columns = zip(*map(_kept, new), strict=True)
            kept = {row["id"] for row in await db.fetch(KEEP, *columns)}
            pairs = zip(new, jobs, strict=True)
            await outbox.put_many(db, [job for each, job in pairs if each.id in kept])
        return kept

    async def claim(
        self, jobs: Sequence[WebhookJob], at: datetime, until: datetime
    ) -> Sequence[Delivery | UnderWay | None]:
        """Make attempts ours until that instant; none that was made before.

        UnderWay stands for what is another worker's.
        """
        places = (
            [each.notification_id for each in jobs],
            [each.attempt for each in jobs],
        )
        async with self._database.connection() as db:
            rows = await db.fetch(CLAIM, *places, at, until)
            ours = {(row["id"], row["attempt"] + 1): row for row in rows}
            others: set[tuple[UUID, int]] = set()
            if len(ours) < len(jobs):
                found = await db.fetch(ARE_OPEN, *places)
                others = {(row["id"], row["number"]) for row in found}
        return [_claimed(each, ours, others) for each in jobs]

    async def finish(self, made: Sequence[Made]) -> Collection[UUID]:
        """Keep attempts; not those where another worker, believing us dead, was first.

        Two who finish the same wait for one another in one order.
        """
        in_order = sorted(map(_finished, made))
        async with self._database.connection() as db:
            rows = await db.fetch(FINISH, *zip(*in_order, strict=True))
        return {row["notification_id"] for row in rows}

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

    async def queue(
        self, due: Sequence[Notification], jobs: Sequence[Row], at: datetime
    ) -> None:
        """Queue later attempts; the notifications remember that they are, and when."""
        if not due:
            return
        ids, attempts = [each.id for each in due], [each.attempt + 1 for each in due]
        async with self._database.transaction() as db:
            await outbox.put_many(db, jobs)
            await db.execute(QUEUED, ids, attempts, at)

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


def _claimed(
    job: WebhookJob,
    ours: dict[tuple[UUID, int], asyncpg.Record],
    others: set[tuple[UUID, int]],
) -> Delivery | UnderWay | None:
    """Of two jobs for one attempt, one has it and the other finds it under way."""
    place = job.notification_id, job.attempt
    if row := ours.pop(place, None):
        return Delivery(notification_of(row), row["url"])
    return UnderWay() if place in others else None


def _finished(made: Made) -> tuple[Any, ...]:
    done, answer = made.notification, made.answer
    return (
        done.id,
        done.attempt,
        done.state,
        done.next_at,
        answer.at,
        answer.status,
        answer.error,
        round(answer.duration_s * 1000),
        made.trace_id,
    )
