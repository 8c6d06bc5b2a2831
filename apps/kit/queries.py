"""A span and a duration for each query that a traced caller makes."""

import functools
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg
from opentelemetry import trace
from opentelemetry.trace import SpanKind
from opentelemetry.util.types import AttributeValue

from apps.kit.signals import Histogram, failed, started

DURATION = Histogram(
    "db.client.operation.duration",
    unit="s",
    about="Duration of database client operations.",
    by=("db.system.name", "db.namespace", "db.query.summary", "error.type"),
    bounds=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)

_VERB = re.compile(r"\s*(\w+)")
_TABLE = re.compile(r"\b(?:FROM|INTO|UPDATE|TABLE)\s+([\w.]+)", re.IGNORECASE)
_SILENT = ("BEGIN", "LISTEN", "UNLISTEN")


class Unanswered(Exception):
    """A query of ours was not answered in time, or its socket was lost.

    Its cause says which. By their own names these faults could be anybody's.
    """


class TracedConnection(asyncpg.Connection):
    """Tells each query that a traced caller makes, without its parameters."""

    async def execute(self, query: str, *args: Any, **options: Any) -> Any:
        with _query(self, query):
            return await super().execute(query, *args, **options)

    async def executemany(self, command: str, *args: Any, **options: Any) -> Any:
        with _query(self, command):
            return await super().executemany(command, *args, **options)

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


@functools.lru_cache(maxsize=256)
def summary(query: str) -> str:
    """Name a query by its verb and first table: `INSERT payment`."""
    verb, table = _VERB.match(query), _TABLE.search(query)
    parts = [verb[1].upper() if verb else "QUERY", *([table[1]] if table else [])]
    return " ".join(parts)


@contextmanager
def _query(db: asyncpg.Connection, query: str) -> Iterator[None]:
    try:
        database = str(db._params.database)  # type: ignore[attr-defined]
        with told(database, query):
            yield
    except (OSError, TimeoutError) as fault:
        raise Unanswered from fault


@contextmanager
def told(database: str, query: str) -> Iterator[dict[str, AttributeValue]]:
    """Tell a statement that the current span waits for; inside, what more there is to say.

    Most are told by their connection; here, one that another sends for us.
    """
    name, more = summary(query), dict[str, AttributeValue]()
    if name in _SILENT or not trace.get_current_span().is_recording():
        yield more
        return
    facts: dict[str, str] = {
        "db.system.name": "postgresql",
        "db.namespace": database,
        "db.query.summary": name,
    }
    begun = time.perf_counter()
    with started(
        name,
        SpanKind.CLIENT,
        attributes={**facts, "db.query.text": query, "peer.service": "postgresql"},
    ) as span:
        try:
            yield more
        except Exception as fault:
            failed(span, fault)
            facts["error.type"] = type(fault).__qualname__
            raise
        finally:
            if more:
                span.set_attributes(more)
            DURATION.record(time.perf_counter() - begun, facts)
