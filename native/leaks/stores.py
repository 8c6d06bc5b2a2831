"""All that PostgreSQL, NATS and an instance's files keep, piece by piece."""

import asyncio
import gzip
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path

import asyncpg
import nats
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from native.paths import Instance
from native.ports import LOOPBACK
from native.postgres import DATABASES

from .findings import Piece

TABLES = """
SELECT format('%I.%I', table_schema, table_name) AS name,
       array_agg(quote_ident(column_name::text)) FILTER (WHERE data_type = 'bytea') AS raw
FROM information_schema.columns JOIN information_schema.tables
     USING (table_schema, table_name)
WHERE table_schema NOT IN ('pg_catalog', 'information_schema')
      AND table_type = 'BASE TABLE'
GROUP BY 1 ORDER BY 1
"""
ROWS = 2_000
LANES = 16
"""So many questions at once are put to NATS."""

CHUNK, OVERLAP = 4_000_000, 200
ELSEWHERE = {"postgres", "nats", "loki", "tempo", "prometheus", "secrets"}
"""Asked through their servers; the last one keeps the keys, and nothing else."""


async def in_postgres(ports: Mapping[str, int]) -> AsyncIterator[Piece]:
    """Every row of every table; bytes as the text that they may be."""
    for name in re.findall(r"CREATE DATABASE (\w+)", DATABASES.read_text(), re.I):
        database = await asyncpg.connect(
            host=LOOPBACK,
            port=ports["POSTGRES_PORT"],
            user=name,
            password=name,
            database=name,
        )
        try:
            async for piece in in_database(name, database):
                yield piece
        finally:
            await database.close()


async def in_database(
    name: str, database: "asyncpg.Connection[asyncpg.Record]"
) -> AsyncIterator[Piece]:
    for table in await database.fetch(TABLES):
        told = ["t::text", *[f"encode({raw}, 'escape')" for raw in table["raw"] or []]]
        query = f"SELECT concat_ws(E'\\n', {', '.join(told)}) FROM {table['name']} t"  # noqa: S608  (names come from the catalog, quoted)
        async with database.transaction(readonly=True):
            cursor = await database.cursor(query)
            while rows := await cursor.fetch(ROWS):
                for row in rows:
                    yield Piece(f"{name} {table['name']}", row[0])


async def in_nats(ports: Mapping[str, int]) -> AsyncIterator[Piece]:
    """Every message of every stream: its subject, headers and body."""
    connection = await nats.connect(
        f"nats://{LOOPBACK}:{ports['NATS_PORT']}", connect_timeout=2
    )
    try:
        stream = connection.jetstream(timeout=10)
        for info in await stream.streams_info():
            name = str(info.config.name)
            first, last = max(1, info.state.first_seq), info.state.last_seq
            lane = max(1, (last - first) // LANES + 1)
            found = await asyncio.gather(
                *[
                    _lane(stream, name, start, min(start + lane, last + 1))
                    for start in range(first, last + 1, lane)
                ]
            )
            for pieces in found:
                for piece in pieces:
                    yield piece
    finally:
        await connection.close()


async def _lane(stream: JetStreamContext, name: str, at: int, end: int) -> list[Piece]:
    """From one number to before another; what was taken leaves gaps."""
    pieces = []
    while at < end:
        try:
            message = await stream.get_msg(name, seq=at, subject=">", next=True)
        except NotFoundError:
            break
        at = (message.seq or at) + 1
        body = (message.data or b"").decode(errors="replace")
        text = f"{message.subject}\n{message.headers or ''}\n{body}"
        if at <= end:
            pieces.append(Piece(f"{name} {at - 1} {message.subject}", text))
    return pieces


def in_files(instance: Instance) -> Iterator[Piece]:
    """Logs, queues, load runs and whatever else it wrote, packed or not."""
    for file in sorted(instance.home.rglob("*")):
        inside = file.relative_to(instance.home)
        if file.is_file() and inside.parts[0] not in ELSEWHERE:
            yield from _in_file(file, str(inside))


def _in_file(file: Path, name: str) -> Iterator[Piece]:
    """Chunk by chunk, each with the end of the one before."""
    try:
        with gzip.open(file) if file.suffix == ".gz" else file.open("rb") as opened:
            before = ""
            while chunk := opened.read(CHUNK):
                text = before + chunk.decode(errors="replace")
                yield Piece(name, text)
                before = text[-OVERLAP:]
    except FileNotFoundError:  # servers tidy up while we look
        return
