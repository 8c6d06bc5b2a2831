"""Keeps which generations there are, and how far each is.

A generation is served by giving its number to the row that serves: whoever waits for
that row's lock finds the new number when it gets it.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

import asyncpg

from apps.kit.database import Connection, Database

from ..domain.changes import Heard
from ..domain.projections import Filling, Offset, Projection, Standing

ADVANCE = """
WITH mine AS MATERIALIZED (
    SELECT projection FROM projection_offset WHERE state = 'serving'
    ORDER BY projection FOR UPDATE
)
UPDATE projection_offset AS kept SET stream_seq = GREATEST(kept.stream_seq, $1),
    first_seq = LEAST(kept.first_seq, $2),
    event_time = GREATEST(kept.event_time, $3), events = kept.events + $4
FROM mine WHERE kept.projection = mine.projection AND kept.state = 'serving'
RETURNING kept.projection, kept.generation
"""
FILL = """
UPDATE projection_offset SET stream_seq = GREATEST(stream_seq, $2),
    first_seq = LEAST(first_seq, $3), event_time = GREATEST(event_time, $4),
    events = events + $5
WHERE state = 'filling' AND generation = ANY($1::bigint[]) RETURNING generation
"""
STANDINGS = """
SELECT projection, state, generation, stream_seq, first_seq, event_time, events,
    target_seq, asked_at
FROM projection_offset ORDER BY projection, state
"""
ASK = """
INSERT INTO projection_offset (projection, state, target_seq, asked_at)
VALUES ($1, 'filling', $2, $3) ON CONFLICT (projection, state) DO NOTHING
"""
BEGIN = """
UPDATE projection_offset SET generation = nextval('projection_generation'),
    stream_seq = 0, first_seq = NULL, event_time = NULL, events = 0
WHERE state = 'filling' RETURNING projection, generation
"""
SERVING = """
SELECT stream_seq FROM projection_offset
WHERE projection = $1 AND state = 'serving' FOR UPDATE
"""
FILLED = """
DELETE FROM projection_offset
WHERE projection = $1 AND state = 'filling' AND generation = $2 AND stream_seq >= $3
RETURNING generation, stream_seq, first_seq, event_time, events
"""
SERVE = """
UPDATE projection_offset SET generation = $2, stream_seq = $3, first_seq = $4,
    event_time = $5, events = $6
WHERE projection = $1 AND state = 'serving'
"""
TABLES = (*(projection.value for projection in Projection), "counted_event")
SWEEP = """
DELETE FROM {table} WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM {table}
    WHERE generation <> ALL(ARRAY(SELECT generation FROM projection_offset))
    LIMIT 5000
))
"""
"""In small bites: nobody waits long for a row."""

LOCK = "SELECT pg_try_advisory_lock(7244)"
UNLOCK = "SELECT pg_advisory_unlock(7244)"

Generations = Mapping[Projection, int]


class PostgresOffsets:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def advance(self, heard: Sequence[Heard]) -> Generations:
        async with self._database.connection() as db:
            rows = await db.fetch(ADVANCE, *_reached(heard))
        return _generations(rows)

    async def fill(self, filling: Generations, heard: Sequence[Heard]) -> bool:
        if not heard:
            return True
        numbers = list(filling.values())
        async with self._database.connection() as db:
            found = await db.fetch(FILL, numbers, *_reached(heard))
        return len(found) == len(numbers)

    async def standings(self) -> Sequence[Standing]:
        async with self._database.connection() as db:
            rows = await db.fetch(STANDINGS)
        filling = {
            row["projection"]: _filling(row)
            for row in rows
            if row["state"] == "filling"
        }
        return [
            Standing(Projection(name), _offset(row), filling.get(name))
            for row in rows
            if row["state"] == "serving" and (name := row["projection"])
        ]

    async def ask(self, projection: Projection, target: int, at: datetime) -> None:
        async with self._database.connection() as db:
            await db.execute(ASK, projection, target, at)

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[bool]:
        """The lock is the connection's: it falls with the process."""
        async with self._database.connection() as db:
            is_ours = bool(await db.fetchval(LOCK))
            try:
                yield is_ours
            finally:
                if is_ours:
                    await db.execute(UNLOCK)

    async def begin(self) -> Generations:
        async with self._database.connection() as db:
            return _generations(await db.fetch(BEGIN))

    async def swap(self, projection: Projection, generation: int) -> bool:
        async with self._database.transaction() as db:
            served = await db.fetchval(SERVING, projection)
            filled = await db.fetchrow(FILLED, projection, generation, served)
            if filled:
                await db.execute(SERVE, projection, *filled)
        return filled is not None

    async def sweep(self) -> int:
        async with self._database.connection() as db:
            return sum([await _swept(db, table) for table in TABLES])


def _reached(heard: Sequence[Heard]) -> tuple[int, int, datetime, int]:
    """The furthest place, the first, the newest event's time, and how many."""
    places = [each.stream_seq for each in heard]
    return max(places), min(places), max(each.at for each in heard), len(heard)


async def _swept(db: Connection, table: str) -> int:
    swept, bite = 0, -1
    while bite:
        tag = await db.execute(SWEEP.format(table=table))
        bite = int(tag.rpartition(" ")[2])
        swept += bite
    return swept


def _generations(rows: Sequence[asyncpg.Record]) -> Generations:
    return {Projection(row["projection"]): row["generation"] for row in rows}


def _offset(row: asyncpg.Record) -> Offset:
    return Offset(
        generation=row["generation"],
        position=row["stream_seq"],
        events=row["events"],
        as_of=row["event_time"],
        begins=row["first_seq"],
    )


def _filling(row: asyncpg.Record) -> Filling:
    return Filling(
        generation=row["generation"],
        position=row["stream_seq"],
        events=row["events"],
        as_of=row["event_time"],
        begins=row["first_seq"],
        target=row["target_seq"],
        asked_at=row["asked_at"],
    )
