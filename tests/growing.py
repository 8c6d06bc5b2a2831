"""Tables as they are after a while: what a service asks must not read them from end to end."""

from contextlib import asynccontextmanager

import asyncpg

ROWS = 100_000
WITHIN_S = 120

SCANNED = """
SELECT relname, seq_scan FROM pg_stat_user_tables
WHERE n_live_tup >= $1 OR relid IN (SELECT oid FROM pg_class WHERE reltuples >= $1)
"""


async def grown(url: str, statements: str) -> None:
    """Fill tables past their triggers: nothing of it is ever looked at."""
    db = await asyncpg.connect(url)
    await db.execute(statements, timeout=WITHIN_S)
    await db.execute("VACUUM ANALYZE", timeout=WITHIN_S)
    await db.close()


@asynccontextmanager
async def reading_no_table_through(database, url: str):
    """Inside, no statement may read one of the large tables from end to end.

    Connections are begun inside and ended, for a plan is made once for each, and what it
    read is told when it ends.
    """
    await database.stop()
    before = await _scans(url)
    assert before
    database._pool = None
    await database.start()
    yield
    await database.stop()
    after = await _scans(url)
    read = sorted(table for table in before if after[table] > before[table])
    assert not read, f"read from end to end: {read}"


async def _scans(url: str) -> dict[str, int]:
    db = await asyncpg.connect(url)
    rows = await db.fetch(SCANNED, ROWS // 2)
    await db.close()
    return {row["relname"]: row["seq_scan"] for row in rows}
