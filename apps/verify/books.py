"""The books that are audited: every database as it is at one instant, and the streams.

No instant is the same for five databases. Hearers are opened before those whom they
hear, so that no effect is seen without its cause; a cause younger than `grace` may still
be without its effect.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import asyncpg

from apps.kit.database import AWAY

from .settings import Settings
from .streams import Streams, connected

HEARERS_FIRST = ("notifications", "backoffice", "fraud", "bank", "payments")

KEPT = timedelta(days=6)
"""A little less than the stream keeps events."""

PAGE = 1_000
"""Rows that are held in memory at once."""

CONNECT_WITHIN_S = 2.0
ASK_WITHIN_S = 120.0


class DatabaseAway(Exception):
    """A database cannot be asked; it says which."""


@dataclass(frozen=True)
class Books:
    """What is looked at in one round."""

    databases: Mapping[str, asyncpg.Connection]
    streams: Streams
    at: datetime
    """When the first database was opened."""
    grace: timedelta
    orphaned_after: timedelta
    histories: Sequence[Path] = ()
    """What the clients were answered, if they wrote it down; a file of each."""
    settles_every: timedelta = timedelta(minutes=1)
    """How often merchants are paid out."""

    @property
    def payments(self) -> asyncpg.Connection:
        return self.databases["payments"]

    @property
    def bank(self) -> asyncpg.Connection:
        return self.databases["bank"]

    @property
    def settled_before(self) -> datetime:
        """What was kept before has had the time to have all its effects."""
        return self.at - self.grace

    @property
    def forgotten_before(self) -> datetime:
        """What was announced before, a hearer made anew has never heard."""
        return self.at - KEPT

    def has_settled(self, at: datetime) -> bool:
        return self.forgotten_before < at < self.settled_before


async def pages(
    db: asyncpg.Connection, query: str, *what: object
) -> AsyncIterator[list[asyncpg.Record]]:
    """What a query brings, so much at once as memory has room for."""
    cursor = await db.cursor(query, *what)
    while rows := await cursor.fetch(PAGE):
        yield rows


@asynccontextmanager
async def opened(
    settings: Settings,
    streams: Streams | None = None,
    histories: Sequence[Path] = (),
) -> AsyncIterator[Books]:
    """Raises DatabaseAway and BrokerAway: what is not there cannot be in order."""
    async with AsyncExitStack() as stack:
        if streams is None:
            streams = await stack.enter_async_context(
                connected(settings.payments_nats_url)
            )
        databases = {
            name: await stack.enter_async_context(
                _frozen(name, getattr(settings, f"{name}_database_url"))
            )
            for name in HEARERS_FIRST
        }
        yield Books(
            databases,
            streams,
            await databases[HEARERS_FIRST[0]].fetchval("SELECT now()"),
            timedelta(seconds=settings.verify_grace_s),
            timedelta(seconds=settings.verify_orphan_s),
            histories,
            timedelta(seconds=settings.payments_settle_every_s),
        )


@asynccontextmanager
async def _frozen(name: str, url: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection that reads one instant, and can write nothing."""
    try:
        db = await asyncpg.connect(
            url, timeout=CONNECT_WITHIN_S, command_timeout=ASK_WITHIN_S
        )
    except (*AWAY, asyncpg.PostgresError) as fault:
        why = type(fault).__name__
        raise DatabaseAway(f"the database {name} is away ({why})") from fault
    try:
        async with db.transaction(isolation="repeatable_read", readonly=True):
            await db.fetchval("SELECT now()")  # from here on, nothing newer is seen
            yield db
    except (*AWAY, asyncpg.UndefinedTableError) as fault:
        raise DatabaseAway(f"the database {name} does not say ({fault})") from fault
    finally:
        await db.close(timeout=CONNECT_WITHIN_S)
