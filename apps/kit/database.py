"""A service's own PostgreSQL database: its pool, transactions and schema."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg

from apps.kit.commits import waiting
from apps.kit.crashing import is_crash_planned
from apps.kit.errors import DependencyUnavailable
from apps.kit.jobs import Every
from apps.kit.migrating import migrate
from apps.kit.queries import TracedConnection, Unanswered
from apps.kit.signals import Counter, Facts, Gauge, tell

AWAY = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.CannotConnectNowError,
)
"""What asyncpg raises when the server cannot be reached, or has just gone."""

LENT_WITHIN_S = 1.0
"""Longest wait for a connection: whoever asks has a deadline of its own."""

MEASURE_S = 5.0
"""How often it is told how many connections are in use."""

_POOL = "db.client.connection.pool.name"
BUSY = Counter(
    "db.client.connection.timeouts",
    unit="{timeout}",
    about="Waits for a connection that were in vain: all were in use.",
    by=(_POOL,),
)
MOST = Gauge(
    "db.client.connection.max",
    unit="{connection}",
    about="Connections to the database that there may be at most.",
    by=(_POOL,),
)
CONNECTIONS = Gauge(
    "db.client.connection.count",
    unit="{connection}",
    about="Connections to the database, by whether they are in use.",
    by=(_POOL, "db.client.connection.state"),
)

Connection = asyncpg.pool.PoolConnectionProxy
_current: ContextVar[Connection | None] = ContextVar("transaction", default=None)


class Database:
    """One pool. `start` waits for the server, then brings the schema up to date."""

    def __init__(self, url: str, schema: Sequence[Path], *, size: int = 10) -> None:
        self._url = url
        self._schema = schema
        self._size = size
        self.name = urlsplit(url).path.lstrip("/")
        self._pool: asyncpg.Pool | None = None
        self._measuring = Every(
            "database.measure", MEASURE_S, self.measure, at_once=True
        )

    async def start(self) -> None:
        while self._pool is None:
            try:
                self._pool = await self._connect()
            except AWAY as fault:
                facts: Facts = {"error.type": type(fault).__qualname__}
                tell("database.awaited", facts, level="warning")
                await asyncio.sleep(0.5)
        async with self.connection() as db:
            await migrate(db, self._schema)
        await self._measuring.start()

    async def stop(self) -> None:
        await self._measuring.stop()
        if self._pool:
            await self._pool.close()

    async def is_ready(self) -> bool:
        try:
            async with self.connection() as db:
                return bool(await db.fetchval("SELECT true"))
        except DependencyUnavailable:
            return False

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """Lend a connection: that of the transaction we are in, if there is one.

        Raises DependencyUnavailable when the server is away, or nobody gives one back.
        Another's silence that the borrower meets on the way is not the server's.
        """
        if joined := _current.get():
            yield joined
            return
        if self._pool is None:
            raise DependencyUnavailable("The database is not there yet.")
        is_lent, theirs = False, None
        try:
            async with self._pool.acquire(timeout=LENT_WITHIN_S) as db:
                is_lent = True
                try:
                    yield db
                except (OSError, TimeoutError) as fault:
                    theirs = fault
                    raise
        except (*AWAY, Unanswered) as fault:
            if fault is theirs:
                raise
            waited = not is_lent and isinstance(fault, TimeoutError)
            is_busy = waited and self._in_use(self._pool) == self._size
            raise (self._busy() if is_busy else self._away(fault)) from fault

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """Keep all that happens inside, or nothing; an inner one joins the outer."""
        async with self.connection() as db:
            if _current.get():
                yield db
                return
            with waiting(_call_failed):
                async with db.transaction():
                    token = _current.set(db)
                    try:
                        yield db
                    finally:
                        _current.reset(token)

    def at_once(self) -> AbstractAsyncContextManager[Connection]:
        """Lend a connection for one statement, which is a transaction by itself.

        Where a crash is planned the two are apart, for it to come between them.
        """
        return self.transaction() if is_crash_planned() else self.connection()

    @property
    def is_in_transaction(self) -> bool:
        return _current.get() is not None

    async def measure(self) -> None:
        """Tell how many connections there are, and how many of them are in use."""
        if self._pool is None:
            return
        used = self._in_use(self._pool)
        MOST.set(self._size, {_POOL: self.name})
        for state, count in (("used", used), ("idle", self._pool.get_idle_size())):
            facts = {_POOL: self.name, "db.client.connection.state": state}
            CONNECTIONS.set(count, facts)

    @staticmethod
    def _in_use(pool: asyncpg.Pool) -> int:
        return pool.get_size() - pool.get_idle_size()

    def _busy(self) -> DependencyUnavailable:
        """The server may be well: it is we who ask more at once than we have room for."""
        tell("database.busy", {_POOL: self.name}, count=BUSY, level="warning")
        return DependencyUnavailable("The database is busy.")

    def _away(self, fault: BaseException) -> DependencyUnavailable:
        cause = fault.__cause__ if isinstance(fault, Unanswered) else fault
        facts: Facts = {_POOL: self.name, "error.type": type(cause).__qualname__}
        tell("database.away", facts, level="warning")
        return DependencyUnavailable("The database is away.")

    def _connect(self) -> Any:
        return asyncpg.create_pool(
            self._url,
            min_size=2,  # a new one costs 16 ms of CPU: its password is hashed
            max_size=self._size,
            timeout=2.0,
            command_timeout=1.0,
            connection_class=TracedConnection,
        )


def _call_failed(fault: Exception) -> None:
    """The transaction is kept; what was to be told of it is not."""
    facts: Facts = {"error.type": type(fault).__qualname__}
    tell("commit.call_failed", facts, level="error", fault=fault)
