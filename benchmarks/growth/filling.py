"""Fills the books of payments with copies of real payments, made by SQL.

Every row of a payment is copied, in every table, under ids of its own and at an earlier
time, so that whatever columns there are hold what they would hold. The chains of hashes
stay unsealed, and outsiders are told nothing: triggers sleep meanwhile.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from benchmarks.stacks import console

STEP_S = 8
"""So much earlier is each copy than the one before: a million are a day."""

AT_ONCE = 5_000
"""Payments of one statement."""

FUNCTIONS = """
CREATE OR REPLACE FUNCTION bench_id(id uuid, n bigint) RETURNS uuid
LANGUAGE sql IMMUTABLE AS $$ SELECT md5(id::text || n)::uuid $$;

CREATE OR REPLACE FUNCTION bench_timed(id uuid, n bigint) RETURNS uuid
LANGUAGE sql IMMUTABLE AS $$
    SELECT (lpad(to_hex((('x' || lpad(left(replace(id::text, '-', ''), 12), 16, '0'))
            ::bit(64)::bigint) - n * 8000), 12, '0')
        || '7' || substr(made, 1, 3) || '8' || substr(made, 5, 15))::uuid
    FROM md5(id::text || n) AS made
$$;
"""
"""A copy's id; that of a payment begins with its time, as the original's does."""

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
PLAIN_COLUMNS = """
SELECT column_name, data_type FROM information_schema.columns
WHERE table_schema = 'public' AND table_name = $1 AND is_identity = 'NO'
    AND is_generated = 'NEVER' ORDER BY ordinal_position
"""
OF_THEM = "payment_id IN (SELECT payment_id FROM bench_template)"
OF_TRANSFERS = "transfer_id IN (SELECT transfer_id FROM bench_transfer)"


@dataclass(frozen=True, slots=True)
class Copied:
    """A table whose rows belong to payments: which rows, and what is new in a copy."""

    table: str
    rows: str = OF_THEM
    new: Mapping[str, str] = field(default_factory=dict)
    """By column, an expression over the row `t` and the number `nth` of the copy."""


PAYMENT = {"payment_id": "bench_timed(t.payment_id, nth)"}
TRANSFER = {"transfer_id": "bench_id(t.transfer_id, nth)"}
SEALED = {"hash": "sha256(t.hash || nth::text::bytea)"}

TABLES = (
    Copied(
        "card",
        "card_token IN (SELECT card_token FROM bench_template)",
        {
            "card_token": "bench_id(t.card_token, nth)",
            "pan_hmac": "sha256(t.pan_hmac || nth::text::bytea)",
        },
    ),
    Copied(
        "payment",
        new=PAYMENT
        | {
            "card_token": "bench_id(t.card_token, nth)",
            "authorisation_id": "bench_id(t.authorisation_id, nth)",
            "merchant_reference": "NULL",
        },
    ),
    Copied("payment_event", new=PAYMENT),
    Copied(
        "idempotency",
        new=PAYMENT | {"key_hmac": "sha256(t.key_hmac || nth::text::bytea)"},
    ),
    Copied("capture", new=PAYMENT | {"capture_id": "bench_id(t.capture_id, nth)"}),
    Copied("refund", new=PAYMENT | {"refund_id": "bench_id(t.refund_id, nth)"}),
    Copied("saga", new=PAYMENT),
    Copied("saga_step", new=PAYMENT),
    Copied(
        "outbox",
        "(payload::jsonb ->> 'subject')::uuid IN (SELECT payment_id FROM bench_template)",
        {"id": "bench_id(t.id, nth)"},
    ),
    Copied(
        "ledger_transaction",
        OF_TRANSFERS,
        TRANSFER
        | SEALED
        | {
            "seq": "(SELECT seq FROM ledger_head) + row_number() OVER ()",
            "pending_id": "bench_id(t.pending_id, nth)",
            "subject_id": "bench_timed(t.subject_id, nth)",
        },
    ),
    Copied("ledger_entry", OF_TRANSFERS, TRANSFER),
    Copied(
        "audit_event",
        "subject IN (SELECT payment_id::text FROM bench_template)",
        SEALED
        | {
            "seq": "(SELECT seq FROM audit_head) + row_number() OVER ()",
            "subject": "bench_timed(t.subject::uuid, nth)::text",
        },
    ),
)
HEADS = {"ledger_head": "ledger_transaction", "audit_head": "audit_event"}
TIMES = frozenset({"timestamp with time zone"})


def statement(copied: Copied, columns: Mapping[str, str]) -> str:
    """Copies number $1 to $2 of all templates' rows in one table."""
    told = [
        copied.new.get(name, _earlier(name, kind)) for name, kind in columns.items()
    ]
    return (
        f"INSERT INTO {copied.table} ({', '.join(columns)}) "  # noqa: S608  (names of ours)
        f"SELECT {', '.join(told)} FROM "
        f"(SELECT * FROM {copied.table} WHERE {copied.rows}) AS t, "
        "generate_series($1::bigint, $2::bigint) AS nth"
    )


def _earlier(name: str, kind: str) -> str:
    return f"t.{name} - nth * interval '{STEP_S} s'" if kind in TIMES else f"t.{name}"


class Books:
    """The database of payments, while it is filled."""

    def __init__(self, db: Any) -> None:
        self._db = db
        self._copies = 0
        """How many there are of each template."""
        self._templates = 0

    async def begin(self, templates: int) -> None:
        """Take so many of the payments that there are as templates."""
        for sql in ("bench_template", "bench_transfer"):
            await self._db.execute(f"DROP TABLE IF EXISTS {sql}")
        await self._db.execute(FUNCTIONS)
        await self._db.execute(TEMPLATES.replace("$1", str(templates)))
        await self._db.execute(TRANSFERS)
        self._templates = await self.count("bench_template")

    async def count(self, table: str = "payment") -> int:
        counted = await self._db.fetchval(f"SELECT count(*) FROM {table}")  # noqa: S608
        return int(counted)

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
                    f"UPDATE {head} SET (seq, hash) = (SELECT seq, hash FROM {table}"  # noqa: S608
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
