"""A service's own PostgreSQL database: pool, schema, and a span for each query."""

import asyncio
import functools
import re
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import asyncpg
from opentelemetry import trace
from opentelemetry.trace import SpanKind

from apps.kit.errors import DependencyUnavailable
from apps.kit.signals import Histogram, failed, started, tell

DURATION = Histogram(
    "db.client.operation.duration",
    unit="s",
    about="Duration of database client operations.",
    by=("db.system.name", "db.namespace", "db.query.summary", "error.type"),
    bounds=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)

AWAY = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.CannotConnectNowError,
)
"""What asyncpg raises when the server cannot be reached, or has just gone."""

_SUMMARY = re.compile(
    r"\s*(?P<verb>\w+).*?(?:\b(?:FROM|INTO|UPDATE|TABLE)\s+(?P<table>[\w.]+)|$)",
    re.IGNORECASE | re.DOTALL,
)
_SILENT = ("BEGIN", "LISTEN", "UNLISTEN")

Connection = asyncpg.pool.PoolConnectionProxy
_current: ContextVar[Connection | None] = ContextVar("transaction", default=None)


class TracedConnection(asyncpg.Connection):
    """Tells each query that a traced caller makes, without its parameters."""

    async def execute(self, query: str, *args: Any, **options: Any) -> Any:
        with _query(self, query):
            return await super().execute(query, *args, **options)

    async def fetch(self, query: str, *args: Any, **options: Any) -> Any:
        with _query(self, query):
            return await super().fetch(query, *args, **options)

    async def fetchrow(self, query: str, *args: Any, **options: Any) -> Any:
        with _query(self, query):
            return await super().fetchrow(query, *args, **options)

    async def fetchval(self, query: str, *args: Any, **options: Any) -> Any:
        with _query(self, query):
            return await super().fetchval(query, *args, **options)

    def get_reset_query(self) -> str:
        """Nothing to reset: the kit leaves no session state behind."""
        return ""


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
            min_size=1,
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


@functools.lru_cache(maxsize=256)
def summary(query: str) -> str:
    """Name a query by its verb and first table: `INSERT payment`."""
    found = _SUMMARY.match(query)
    parts = found.group("verb", "table") if found else ("QUERY", None)
    verb = parts[0].rstrip(";").upper()
    return f"{verb} {parts[1]}" if parts[1] else verb


@contextmanager
def _query(db: asyncpg.Connection, query: str) -> Iterator[None]:
    name = summary(query)
    if name in _SILENT or not trace.get_current_span().is_recording():
        yield
        return
    facts: dict[str, str] = {
        "db.system.name": "postgresql",
        "db.namespace": str(db._params.database),  # type: ignore[attr-defined]
        "db.query.summary": name,
    }
    begun = time.perf_counter()
    with started(
        name,
        SpanKind.CLIENT,
        attributes={**facts, "db.query.text": query, "peer.service": "postgresql"},
    ) as span:
        try:
            yield
        except Exception as fault:
            failed(span, fault)
            facts["error.type"] = type(fault).__qualname__
            raise
        finally:
            DURATION.record(time.perf_counter() - begun, facts)
