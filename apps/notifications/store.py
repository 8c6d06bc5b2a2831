"""Notifications' database: one row per notification."""

from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from apps.kit import inbox
from apps.kit.database import Database

from .domain import Notification

SCHEMA = (inbox.SCHEMA, Path(__file__).parent / "schema")

KEEP = "INSERT INTO notification (payment_id, merchant_id, status) VALUES ($1, $2, $3)"
OF_PAYMENT = """
SELECT payment_id, merchant_id, status FROM notification
WHERE payment_id = $1 ORDER BY seq
"""


class PostgresStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, notification: Notification) -> None:
        async with self._database.connection() as db:
            await db.execute(
                KEEP,
                notification.payment_id,
                notification.merchant_id,
                notification.status,
            )

    async def of_payment(self, payment_id: UUID) -> Sequence[Notification]:
        async with self._database.connection() as db:
            rows = await db.fetch(OF_PAYMENT, payment_id)
        return [Notification(**row) for row in rows]
