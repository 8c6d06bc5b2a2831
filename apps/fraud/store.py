"""Fraud's database: one row per card."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import asyncpg

from apps.kit import inbox, outbox
from apps.kit.database import Database
from apps.kit.events import CloudEvent

from .domain import Assessment, CardRisk, Status
from .events import CardFlagged

SCHEMA = (inbox.SCHEMA, outbox.SCHEMA, Path(__file__).parent / "schema")

COUNT = """
INSERT INTO card_risk (card_token, count, window_start)
SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::timestamptz[])
ON CONFLICT (card_token)
DO UPDATE SET count = card_risk.count + EXCLUDED.count, updated_at = now()
RETURNING card_token, count, status, refused, window_start, version
"""
SAVE = """
UPDATE card_risk SET status = made.status, refused = made.refused,
    window_start = made.window_start, version = made.version
FROM unnest($1::uuid[], $2::text[], $3::integer[], $4::timestamptz[], $5::integer[])
    AS made (card_token, status, refused, window_start, version)
WHERE card_risk.card_token = made.card_token
"""
RISK = """
SELECT card_token, count, status, refused, window_start, version FROM card_risk
WHERE card_token = $1
"""
RISKS = """
SELECT card_token, count, status, refused, window_start, version FROM card_risk
WHERE card_token = ANY($1::uuid[])
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
    async def counted(
        self, uses: Mapping[UUID, Sequence[datetime]]
    ) -> AsyncIterator[Mapping[UUID, CardRisk]]:
        """The cards' rows are ours until the block ends, kept with all that is in it.

        Replicas that count the same cards wait for one another in one order.
        """
        cards = sorted(uses)
        times = [len(uses[card]) for card in cards]
        first = [uses[card][0] for card in cards]
        async with self._database.transaction() as db:
            rows = await db.fetch(COUNT, cards, times, first)
            yield {row["card_token"]: _risk(row) for row in rows}

    async def save(self, risks: Sequence[CardRisk]) -> None:
        """Keep what was made of cards; their counts are kept already."""
        made = [_made(risk) for risk in risks]
        async with self._database.connection() as db:
            await db.execute(
                SAVE, *(list(column) for column in zip(*made, strict=True))
            )

    async def announce(self, event: CloudEvent[CardFlagged]) -> None:
        async with self._database.connection() as db:
            await outbox.put(db, event)

    async def risk(self, card_token: UUID) -> CardRisk | None:
        async with self._database.connection() as db:
            row = await db.fetchrow(RISK, card_token)
        return _risk(row) if row else None

    async def risks_of(self, card_tokens: Collection[UUID]) -> Sequence[CardRisk]:
        """Those of the cards that ever paid."""
        async with self._database.connection() as db:
            return [_risk(row) for row in await db.fetch(RISKS, list(card_tokens))]

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


def _made(risk: CardRisk) -> tuple[object, ...]:
    return (
        risk.card_token,
        risk.status,
        risk.refused,
        risk.window_start,
        risk.version,
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
