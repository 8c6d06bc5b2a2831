"""Fraud's database: one row per card."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import cast
from uuid import UUID

import asyncpg

from apps.kit import inbox, outbox
from apps.kit.database import Database
from apps.kit.events import CloudEvent

from .domain import Assessment, CardRisk, Status
from .events import CardFlagged

SCHEMA = (inbox.SCHEMA, outbox.SCHEMA, Path(__file__).parent / "schema")

COUNT = """
INSERT INTO card_risk (card_token, count, window_start) VALUES ($1, 1, $2)
ON CONFLICT (card_token)
DO UPDATE SET count = card_risk.count + 1, updated_at = now()
RETURNING card_token, count, status, refused, window_start, version
"""
SAVE = """
UPDATE card_risk SET status = $2, refused = $3, window_start = $4, version = $5
WHERE card_token = $1
"""
RISK = """
SELECT card_token, count, status, refused, window_start, version FROM card_risk
WHERE card_token = $1
"""
INSERT_ASSESSMENT = """
INSERT INTO assessment (card_token, status, count, assessed_at, trace_id)
VALUES ($1, $2, $3, $4, $5)
"""
KEPT_FOR = timedelta(days=30)
"""So long may be asked which warning a payment was given; the card's status stays."""
PURGE = """
DELETE FROM assessment WHERE assessment_id IN (
    SELECT assessment_id FROM assessment WHERE assessed_at < now() - $1::interval
    ORDER BY assessed_at LIMIT $2
)
"""


class PostgresStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    @asynccontextmanager
    async def counted(self, card_token: UUID, at: datetime) -> AsyncIterator[CardRisk]:
        """Add one; the card's row is ours until the block ends, kept with all in it."""
        async with self._database.transaction() as db:
            row = await db.fetchrow(COUNT, card_token, at)
            yield _risk(cast("asyncpg.Record", row))

    async def save(self, risk: CardRisk) -> None:
        """Keep what was made of a card; its count is kept already."""
        async with self._database.connection() as db:
            await db.execute(
                SAVE,
                risk.card_token,
                risk.status,
                risk.refused,
                risk.window_start,
                risk.version,
            )

    async def announce(self, event: CloudEvent[CardFlagged]) -> None:
        async with self._database.connection() as db:
            await outbox.put(db, event)

    async def risk(self, card_token: UUID) -> CardRisk | None:
        async with self._database.connection() as db:
            row = await db.fetchrow(RISK, card_token)
        return _risk(row) if row else None

    async def keep(self, assessment: Assessment, at: datetime, trace_id: str) -> None:
        async with self._database.connection() as db:
            await db.execute(
                INSERT_ASSESSMENT,
                assessment.card_token,
                assessment.status,
                assessment.count,
                at,
                trace_id,
            )


def _risk(row: asyncpg.Record) -> CardRisk:
    return CardRisk(
        row["card_token"],
        row["count"],
        Status(row["status"]),
        row["refused"],
        row["window_start"],
        row["version"],
    )
