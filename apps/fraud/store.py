"""Fraud's database: one row per card."""

from pathlib import Path
from uuid import UUID

from apps.kit import inbox
from apps.kit.database import Database

from .domain import CardRisk

SCHEMA = (inbox.SCHEMA, Path(__file__).parent / "schema")

COUNT = """
INSERT INTO card_risk (card_token, count) VALUES ($1, 1)
ON CONFLICT (card_token)
DO UPDATE SET count = card_risk.count + 1, updated_at = now()
RETURNING count
"""
RISK = "SELECT count FROM card_risk WHERE card_token = $1"


class PostgresStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def count(self, card_token: UUID) -> CardRisk:
        """Add one, whatever happens beside."""
        async with self._database.connection() as db:
            return CardRisk(card_token, await db.fetchval(COUNT, card_token))

    async def risk(self, card_token: UUID) -> CardRisk | None:
        async with self._database.connection() as db:
            count = await db.fetchval(RISK, card_token)
        return None if count is None else CardRisk(card_token, count)
