"""The bank's database: accounts, what was asked of them, and what became of it."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import cast
from uuid import UUID

import asyncpg

from apps.kit import audit, outbox
from apps.kit.database import Connection, Database
from apps.kit.events import CloudEvent
from apps.kit.sending import traceparent
from apps.kit.values import Cents

from .domain.accounts import Account
from .domain.authorisations import Authorisation, Change, Overdue, Reversal
from .events import HoldReversed
from .rows import account_of, authorisation_of, values_of

SCHEMA = (outbox.SCHEMA, audit.SCHEMA, Path(__file__).parent / "schema")

ALONE = "SELECT * FROM standing_alone($1)"
KNOWN = "SELECT * FROM standing WHERE request_id = $1"
REQUEST_OF = "SELECT request_id FROM authorisation WHERE authorisation_id = $1"
ACCOUNT = """
SELECT card_token, currency, balance, held FROM account
WHERE card_token = $1 AND currency = $2 FOR UPDATE
"""
OPEN = """
INSERT INTO account (card_token, currency, balance) VALUES ($1, $2, $3)
ON CONFLICT DO NOTHING
"""
KEEP = """
WITH moved AS (
    UPDATE account SET balance = $9, held = $10
    WHERE card_token = $4 AND currency = $6 AND $9::bigint IS NOT NULL
), answered AS (
    INSERT INTO authorisation (authorisation_id, request_id, merchant_id, card_token,
        amount, currency, decision, network_code, traceparent)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $15)
    ON CONFLICT (authorisation_id) DO UPDATE SET merchant_id = $3, card_token = $4,
        amount = $5, currency = $6
    WHERE authorisation.amount IS NULL
)
INSERT INTO hold (authorisation_id, state, amount, captured, expires_at)
SELECT $1, $11::text, $12::bigint, $13::bigint, $14::timestamptz
WHERE $11::text IS NOT NULL
ON CONFLICT (authorisation_id) DO UPDATE
SET state = EXCLUDED.state, captured = EXCLUDED.captured, changed_at = now()
"""
INSERT_REVERSAL = """
INSERT INTO reversal (reversal_id, request_id, reason, reversed_at)
VALUES ($1, $2, $3, $4)
"""
OVERDUE = """
SELECT h.expires_at, a.request_id, a.traceparent FROM hold h JOIN authorisation a
USING (authorisation_id)
WHERE h.state = 'held' AND h.expires_at <= $1
    AND ($3::timestamptz IS NULL OR (h.expires_at, a.request_id) > ($3, $4::uuid))
ORDER BY h.expires_at, a.request_id LIMIT $2
"""
HELD = """
SELECT currency, sum(held)::bigint AS held FROM account
GROUP BY currency ORDER BY held DESC LIMIT $1
"""


class PostgresStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    @asynccontextmanager
    async def alone(self, request_id: UUID) -> AsyncIterator[Authorisation | None]:
        """What is known of a request; it is ours alone until the block ends."""
        async with self._database.transaction() as db:
            yield await _alone(db, request_id)

    @asynccontextmanager
    async def alone_with(
        self, authorisation_id: UUID
    ) -> AsyncIterator[Authorisation | None]:
        """The same, found by the bank's own id."""
        async with self._database.transaction() as db:
            request_id = await db.fetchval(REQUEST_OF, authorisation_id)
            yield await _alone(db, request_id) if request_id else None

    async def known(self, request_id: UUID) -> Authorisation | None:
        async with self._database.connection() as db:
            row = await db.fetchrow(KNOWN, request_id)
        return authorisation_of(row) if row else None

    async def account(self, fresh: Account) -> Account:
        """The account, ours until the transaction ends; unknown, it is opened."""
        where = (fresh.card_token, fresh.currency)
        async with self._database.connection() as db:
            row = await db.fetchrow(ACCOUNT, *where)
            if row is None:
                await db.execute(OPEN, *where, fresh.balance)
                row = await db.fetchrow(ACCOUNT, *where)
        return account_of(cast("asyncpg.Record", row))

    async def keep(self, change: Change) -> None:
        """Keep an authorisation, its hold and its account: all or nothing."""
        async with self._database.connection() as db:
            await db.execute(KEEP, *values_of(change), traceparent())

    async def announce(
        self, request_id: UUID, reversal: Reversal, event: CloudEvent[HoldReversed]
    ) -> None:
        """Keep why a request was reversed, and queue the news."""
        async with self._database.connection() as db:
            await db.execute(
                INSERT_REVERSAL,
                reversal.reversal_id,
                request_id,
                reversal.reason,
                reversal.at,
            )
            await outbox.put(db, event)

    async def audit(self, entry: audit.Entry) -> None:
        """Write down who did it; last of all, for others wait until we are through."""
        async with self._database.connection() as db:
            await audit.put(db, entry)

    async def overdue(
        self, at: datetime, at_most: int, behind: Overdue | None = None
    ) -> Sequence[Overdue]:
        """Open holds whose time is over, the oldest first, or those behind another."""
        place = (behind.expires_at, behind.request_id) if behind else (None, None)
        async with self._database.connection() as db:
            rows = await db.fetch(OVERDUE, at, at_most, *place)
        return [Overdue(*row) for row in rows]

    async def held(self, at_most: int) -> Mapping[str, Cents]:
        """What is held in each currency, the largest amounts first."""
        async with self._database.connection() as db:
            rows = await db.fetch(HELD, at_most)
        return {row["currency"]: Cents(row["held"]) for row in rows}


async def _alone(db: Connection, request_id: UUID) -> Authorisation | None:
    row = await db.fetchrow(ALONE, request_id)
    return authorisation_of(row) if row else None
