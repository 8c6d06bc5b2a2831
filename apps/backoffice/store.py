"""The back office's database: one row per payment."""

from dataclasses import astuple
from pathlib import Path
from uuid import UUID

from apps.kit import inbox
from apps.kit.database import Database

from .domain import PaymentView

SCHEMA = (inbox.SCHEMA, Path(__file__).parent / "schema")

KEEP = """
INSERT INTO payment_view (payment_id, merchant_id, pos_id, brand, last4, amount,
    currency, status, response_code, processing_mode, created_at, trace_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
ON CONFLICT (payment_id) DO UPDATE SET
    status = EXCLUDED.status, response_code = EXCLUDED.response_code
"""
VIEW = """
SELECT payment_id, merchant_id, pos_id, brand, last4, amount, currency, status,
    response_code, processing_mode, created_at, trace_id
FROM payment_view WHERE payment_id = $1
"""


class PostgresStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, view: PaymentView) -> None:
        async with self._database.connection() as db:
            await db.execute(KEEP, *astuple(view))

    async def view(self, payment_id: UUID) -> PaymentView | None:
        async with self._database.connection() as db:
            row = await db.fetchrow(VIEW, payment_id)
        return PaymentView(**row) if row else None
