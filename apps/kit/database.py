"""A service's own PostgreSQL database: its pool, transactions and schema."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import asyncpg

from apps.kit.errors import DependencyUnavailable
from apps.kit.queries import TracedConnection
from apps.kit.signals import tell

AWAY = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.CannotConnectNowError,
)
"""What asyncpg raises when the server cannot be reached, or has just gone."""

Connection = asyncpg.pool.PoolConnectionProxy
_current: ContextVar[Connection | None] = ContextVar("transaction", default=None)


class Database:
    """One pool. `start` waits for the server, then brings the schema up to date."""

    def __init__(self, url: str, schema: Sequence[Path], *, size: int = 10) -> None:
        self._url = url
        self._schema = schema
        self._size = size
        self._pool: asyncpg.Pool | None = None

    async def start(self) -> None:
        while self._pool is None:
            try:
                self._pool = await self._connect()
            except AWAY as fault:
                tell(
                    "database.awaited",
                    {"error.type": type(fault).__qualname__},
                    level="warning",
                )
                await asyncio.sleep(0.5)
        async with self.connection() as db:
            await migrate(db, self._schema)

    async def stop(self) -> None:
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

        Raises DependencyUnavailable when the server is away.
        """
        if joined := _current.get():
            yield joined
            return
        if self._pool is None:
            raise DependencyUnavailable("The database is not there yet.")
        try:
            async with self._pool.acquire(timeout=1.0) as db:
                yield db
        except AWAY as fault:
            raise DependencyUnavailable("The database is away.") from fault

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """Keep all that happens inside, or nothing; an inner one joins the outer."""
        async with self.connection() as db:
            if _current.get():
                yield db
                return
            async with db.transaction():
                token = _current.set(db)
                try:
                    yield db
                finally:
                    _current.reset(token)

    def _connect(self) -> Any:
        return asyncpg.create_pool(
            self._url,
            min_size=2,  # a new one costs 16 ms of CPU: its password is hashed
            max_size=self._size,
            timeout=2.0,
            command_timeout=1.0,
            connection_class=TracedConnection,
        )


async def migrate(db: Connection, folders: Sequence[Path]) -> None:
    """Apply the numbered files that this database has not seen, each once."""
    async with db.transaction():
        await db.execute("SELECT pg_advisory_xact_lock(7243)", timeout=30)
        await db.execute(
            "CREATE TABLE IF NOT EXISTS schema_history"
            " (file text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())"
        )
        seen = {
            row["file"] for row in await db.fetch("SELECT file FROM schema_history")
        }
        for file in (
            file for folder in folders for file in sorted(folder.glob("*.sql"))
        ):
            name = f"{file.parent.name}/{file.name}"
            if name not in seen:
                await db.execute(file.read_text(), timeout=30)
                await db.execute("INSERT INTO schema_history (file) VALUES ($1)", name)
