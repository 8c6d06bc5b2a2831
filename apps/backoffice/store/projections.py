"""Writes projections, a whole stretch of events at a time.

Views are read, joined and written back; the offset's lock keeps others out meanwhile.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import fields
from operator import attrgetter
from typing import Any
from uuid import UUID

from apps.kit.database import Database

from ..domain.changes import Flag
from ..domain.sums import Balance, DayKey, Purse, Tally
from ..domain.views import NAMES, PaymentView

_COLUMNS = ", ".join(NAMES)
_of_view = attrgetter(*NAMES)
_of_tally = attrgetter(*(field.name for field in fields(Tally)))
_of_balance = attrgetter(*(field.name for field in fields(Balance)))
_of_flag = attrgetter(*(field.name for field in fields(Flag)))
_TYPES = {name: "timestamptz" for name in NAMES if name.endswith("_at")} | {
    **dict.fromkeys(("payment_id", "card_token"), "uuid"),
    **dict.fromkeys(("amount", "captured", "fee", "refunded", "settled"), "bigint"),
    **dict.fromkeys(("version", "attempts"), "bigint"),
}
"""The columns that are no text."""

SHOWN = f"SELECT {_COLUMNS} FROM payment_view WHERE generation = $1"  # noqa: S608  (our own names)
KNOWN = f"{SHOWN} AND payment_id = ANY($2::uuid[])"
_ARRAYS = ", ".join(
    f"${nth}::{_TYPES.get(name, 'text')}[]" for nth, name in enumerate(NAMES, start=2)
)
_SETS = ", ".join(f"{name} = EXCLUDED.{name}" for name in NAMES)
KEEP_VIEWS = f"""
INSERT INTO payment_view (generation, {_COLUMNS}) SELECT $1, * FROM unnest({_ARRAYS})
ON CONFLICT (generation, payment_id) DO UPDATE SET {_SETS}
"""  # noqa: S608  (our own names)
FIRST_HEARD = """
INSERT INTO counted_event (generation, event_id)
SELECT generation, event_id
FROM unnest($1::bigint[]) AS generation, unnest($2::uuid[]) AS event_id
ON CONFLICT DO NOTHING RETURNING generation, event_id
"""
ADD_DAYS = """
INSERT INTO merchant_day AS kept (generation, merchant_id, day, currency, outcome,
    reason, count, amount, fee, fallbacks)
SELECT $1, * FROM unnest($2::text[], $3::date[], $4::text[], $5::text[], $6::text[],
    $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[])
ON CONFLICT (generation, merchant_id, day, currency, outcome, reason) DO UPDATE SET
    count = kept.count + EXCLUDED.count, amount = kept.amount + EXCLUDED.amount,
    fee = kept.fee + EXCLUDED.fee, fallbacks = kept.fallbacks + EXCLUDED.fallbacks
"""
ADD_BALANCES = """
INSERT INTO balance_view AS kept (generation, merchant_id, currency, captured,
    refunded, fees, settled, pending)
SELECT $1, * FROM unnest($2::text[], $3::text[], $4::bigint[], $5::bigint[],
    $6::bigint[], $7::bigint[], $8::bigint[])
ON CONFLICT (generation, merchant_id, currency) DO UPDATE SET
    captured = kept.captured + EXCLUDED.captured,
    refunded = kept.refunded + EXCLUDED.refunded,
    fees = kept.fees + EXCLUDED.fees, settled = kept.settled + EXCLUDED.settled,
    pending = kept.pending + EXCLUDED.pending
"""
KEEP_FLAGS = """
INSERT INTO card_flag AS kept (generation, card_token, status, previous, count,
    version, at)
SELECT $1, * FROM unnest($2::uuid[], $3::text[], $4::text[], $5::bigint[],
    $6::bigint[], $7::timestamptz[])
ON CONFLICT (generation, card_token) DO UPDATE SET
    status = EXCLUDED.status, previous = EXCLUDED.previous, count = EXCLUDED.count,
    version = EXCLUDED.version, at = EXCLUDED.at
WHERE EXCLUDED.version > kept.version
"""


class PostgresProjections:
    def __init__(self, database: Database) -> None:
        self._database = database

    def transaction(self) -> AbstractAsyncContextManager[object]:
        return self._database.transaction()

    async def views(
        self, generation: int, ids: Collection[UUID]
    ) -> Mapping[UUID, PaymentView]:
        async with self._database.connection() as db:
            rows = await db.fetch(KNOWN, generation, list(ids))
        return {row["payment_id"]: PaymentView(**row) for row in rows}

    async def keep_views(self, generation: int, views: Sequence[PaymentView]) -> None:
        rows = [_of_view(view) for view in views]
        async with self._database.connection() as db:
            await db.execute(KEEP_VIEWS, generation, *_columns(rows))

    async def first_heard(
        self, generations: Collection[int], ids: Collection[UUID]
    ) -> Collection[tuple[int, UUID]]:
        async with self._database.connection() as db:
            rows = await db.fetch(FIRST_HEARD, list(generations), list(ids))
        return {(row["generation"], row["event_id"]) for row in rows}

    async def add_days(self, generation: int, tallies: Mapping[DayKey, Tally]) -> None:
        rows = [(*key, *_of_tally(tally)) for key, tally in sorted(tallies.items())]
        async with self._database.connection() as db:
            await db.execute(ADD_DAYS, generation, *_columns(rows))

    async def add_balances(
        self, generation: int, balances: Mapping[Purse, Balance]
    ) -> None:
        rows = [
            (*purse, *_of_balance(added)) for purse, added in sorted(balances.items())
        ]
        async with self._database.connection() as db:
            await db.execute(ADD_BALANCES, generation, *_columns(rows))

    async def keep_flags(self, generation: int, flags: Sequence[Flag]) -> None:
        rows = [_of_flag(flag) for flag in flags]
        async with self._database.connection() as db:
            await db.execute(KEEP_FLAGS, generation, *_columns(rows))


def _columns(rows: Iterable[tuple[Any, ...]]) -> list[list[Any]]:
    """Rows as arrays, one for each column."""
    return [list(column) for column in zip(*rows, strict=True)]
