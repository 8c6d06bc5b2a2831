"""A span and a duration for each query that a traced caller makes."""

import functools
import re
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any

import asyncpg
from opentelemetry import trace
from opentelemetry.trace import SpanKind
from opentelemetry.util.types import AttributeValue

from apps.kit.signals import Histogram, failed
from apps.kit.tracing import Started

DURATION = Histogram(
    "db.client.operation.duration",
    unit="s",
    about="Duration of database client operations.",
    by=("db.system.name", "db.namespace", "db.query.summary", "error.type"),
    bounds=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
    most=150,
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


@functools.lru_cache(maxsize=256)
def _facts(database: str, query: str) -> Mapping[str, str]:
    """What is the same each time; few queries are there, and they come again."""
    return {
        "db.system.name": "postgresql",
        "db.namespace": database,
        "db.query.summary": summary(query),
    }


@functools.lru_cache(maxsize=256)
def _attributes(database: str, query: str) -> Mapping[str, str]:
    more = {"db.query.text": query, "peer.service": "postgresql"}
    return {**_facts(database, query), **more}


class told:  # noqa: N801  (what it does reads as a verb)
    """Tell a statement that the current span waits for; inside, what more there is to say.

    Most are told by their connection; here, one that another sends for us.
    """

    __slots__ = ("_begun", "_database", "_more", "_query", "_span", "_started")

    def __init__(self, database: str, query: str) -> None:
        self._database, self._query = database, query
        self._started: Started | None = None

    def __enter__(self) -> dict[str, AttributeValue]:
        self._more = dict[str, AttributeValue]()
        name = summary(self._query)
        if name not in _SILENT and trace.get_current_span().is_recording():
            facts = _attributes(self._database, self._query)
            self._begun = time.perf_counter()
            self._started = Started(name, SpanKind.CLIENT, None, facts)
            self._span = self._started.__enter__()
        return self._more

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        stack: TracebackType | None,
    ) -> None:
        if self._started is None:
            return
        facts = _facts(self._database, self._query)
        if isinstance(fault, Exception):
            failed(self._span, fault)
            facts = {**facts, "error.type": type(fault).__qualname__}
        if self._more:
            self._span.set_attributes(self._more)
        DURATION.record(time.perf_counter() - self._begun, facts)
        self._started.__exit__(kind, fault, stack)


class _query(told):  # noqa: N801  (as above)
    """One that we send: silence has a name."""

    __slots__ = ()

    def __init__(self, db: asyncpg.Connection, query: str) -> None:
        super().__init__(db._params.database, query)  # type: ignore[attr-defined]

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        stack: TracebackType | None,
    ) -> None:
        super().__exit__(kind, fault, stack)
        if isinstance(fault, OSError | TimeoutError):
            raise Unanswered from fault
