"""Fills the books of payments with copies of real payments, made by SQL.

Every row of a payment is copied, in every table, under ids of its own and at an earlier
time, so that whatever columns there are hold what they would hold. The chains of hashes
stay unsealed, and outsiders are told nothing: triggers sleep meanwhile.
"""

import time
from typing import Any

from benchmarks.stacks import console

from .copies import FUNCTIONS, HEADS, TABLES, statement

AT_ONCE = 5_000
"""Payments of one statement."""

TEMPLATES = """
CREATE UNLOGGED TABLE bench_template AS
SELECT payment_id, card_token, row_number() OVER () AS which FROM payment
WHERE status IN ('captured', 'declined')
ORDER BY payment_id LIMIT $1
"""
TRANSFERS = """
CREATE UNLOGGED TABLE bench_transfer AS
SELECT transfer_id FROM ledger_transaction
WHERE subject_id IN (SELECT payment_id FROM bench_template)
"""
MESSAGES = """
CREATE UNLOGGED TABLE bench_message AS
SELECT id FROM outbox
WHERE (payload::jsonb ->> 'subject')::uuid IN (SELECT payment_id FROM bench_template)
"""
"""What a copied message says is as its original: copies would be taken for originals."""

OURS = ("bench_template", "bench_transfer", "bench_message")

PLAIN_COLUMNS = """
SELECT column_name, data_type FROM information_schema.columns
WHERE table_schema = 'public' AND table_name = $1 AND is_identity = 'NO'
    AND is_generated = 'NEVER' ORDER BY ordinal_position
"""


class Books:
    """The database of payments, while it is filled."""

    def __init__(self, db: Any) -> None:
        self._db = db
        self._copies = 0
        """How many there are of each template."""
        self._templates = 0

    async def begin(self, templates: int) -> None:
        """Take so many of the payments that there are as templates."""
        await self._db.execute(f"DROP TABLE IF EXISTS {', '.join(OURS)}")
        await self._db.execute(FUNCTIONS)
        await self._db.execute(TEMPLATES.replace("$1", str(templates)))
        await self._db.execute(TRANSFERS)
        await self._db.execute(MESSAGES)
        self._templates = await self.count("bench_template")

    async def count(self, table: str = "payment") -> int:
        sql = f"SELECT count(*) FROM {table}"  # noqa: S608  (a name of ours)
        return int(await self._db.fetchval(sql))

    async def fill(self, payments: int) -> float:
        """Afterwards there are so many; seconds that it took."""
        begun, first = time.perf_counter(), self._copies + 1
        missing = payments - await self.count()
        last = self._copies + max(0, -(-missing // self._templates))
        step = max(1, AT_ONCE // self._templates)
        for start in range(first, last + 1, step):
            await self._copy(start, min(start + step - 1, last))
            if (start - first) // step % 20 == 19:
                done = f"{(start - first) * self._templates:,} payments copied …"
                console.print(f"  {done}", style="dim")
        self._copies = last
        await self._db.execute("VACUUM ANALYZE", timeout=600)
        return time.perf_counter() - begun

    async def _copy(self, first: int, last: int) -> None:
        async with self._db.transaction():
            there = [each for each in TABLES if await self._columns(each.table)]
            for each in there:
                await self._triggers(each.table, "DISABLE")
                sql = statement(each, await self._columns(each.table))
                await self._db.execute(sql, first, last, timeout=600)
            for head, table in HEADS.items():
                await self._triggers(head, "DISABLE")
                await self._db.execute(
                    f"UPDATE {head} SET (seq, hash) = (SELECT seq, hash FROM {table}"  # noqa: S608  (names of ours)
                    " ORDER BY seq DESC LIMIT 1)"
                )
            for table in (*(each.table for each in there), *HEADS):
                await self._triggers(table, "ENABLE")

    async def _columns(self, table: str) -> dict[str, str]:
        rows = await self._db.fetch(PLAIN_COLUMNS, table)
        return {row["column_name"]: row["data_type"] for row in rows}

    async def _triggers(self, table: str, word: str) -> None:
        """In the transaction: nobody else sees them asleep."""
        await self._db.execute(f"ALTER TABLE {table} {word} TRIGGER USER")
