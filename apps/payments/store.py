"""The payments database: terminals, cards, payments."""

import hmac
from pathlib import Path
from typing import cast
from uuid import UUID

import asyncpg

from apps.kit import outbox
from apps.kit.database import Database
from apps.kit.events import CloudEvent
from apps.kit.values import Cents, Pan, uuid7

from .domain import (
    Card,
    Decision,
    Mode,
    Payment,
    Reason,
    Source,
    Terminal,
    Verdict,
    brand_of,
)
from .events import PaymentDecided

SCHEMA = (outbox.SCHEMA, Path(__file__).parent / "schema")

TERMINAL = "SELECT pos_id, merchant_id, active FROM pos WHERE pos_id = $1"
CARD = "SELECT card_token, brand, last4 FROM card WHERE pan_hmac = $1"
INSERT_CARD = """
INSERT INTO card (card_token, pan_hmac, brand, last4) VALUES ($1, $2, $3, $4)
ON CONFLICT (pan_hmac) DO NOTHING
"""
INSERT_PAYMENT = """
INSERT INTO payment (payment_id, merchant_id, pos_id, card_token, amount, currency,
    status, response_code, network_code, processing_mode, source, attempts,
    authorisation_id, created_at, trace_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
"""
PAYMENT = """
SELECT * FROM payment JOIN card USING (card_token) WHERE payment_id = $1
"""


class PostgresStore:
    """Keeps payments; knows cards by a digest under `card_key`, not by number."""

    def __init__(self, database: Database, card_key: bytes) -> None:
        self._database = database
        self._card_key = card_key

    async def terminal(self, pos_id: str) -> Terminal | None:
        async with self._database.connection() as db:
            row = await db.fetchrow(TERMINAL, pos_id)
        return (
            Terminal(row["pos_id"], row["merchant_id"], row["active"]) if row else None
        )

    async def card(self, pan: Pan) -> Card:
        """Find the card, or make it known under a fresh random token."""
        digest = hmac.digest(self._card_key, pan.digits.encode(), "sha256")
        async with self._database.connection() as db:
            row = await db.fetchrow(CARD, digest)
            if row is None:
                await db.execute(INSERT_CARD, uuid7(), digest, brand_of(pan), pan.last4)
                row = await db.fetchrow(CARD, digest)
        return _card(cast("asyncpg.Record", row))

    async def save(self, payment: Payment, event: CloudEvent[PaymentDecided]) -> None:
        """Keep the payment and queue its event: both or neither."""
        decision = payment.decision
        async with self._database.transaction() as db:
            await db.execute(
                INSERT_PAYMENT,
                payment.payment_id,
                payment.merchant_id,
                payment.pos_id,
                payment.card.token,
                payment.amount,
                payment.currency,
                decision.verdict,
                decision.reason,
                decision.network_code,
                decision.mode,
                decision.source,
                decision.attempts,
                decision.authorisation_id,
                payment.created_at,
                payment.trace_id,
            )
            await outbox.put(db, event)

    async def payment(self, payment_id: UUID) -> Payment | None:
        async with self._database.connection() as db:
            row = await db.fetchrow(PAYMENT, payment_id)
        return _payment(row) if row else None


def _card(row: asyncpg.Record) -> Card:
    return Card(row["card_token"], row["brand"], row["last4"])


def _payment(row: asyncpg.Record) -> Payment:
    decision = Decision(
        Verdict(row["status"]),
        Reason(row["response_code"]),
        Source(row["source"]),
        row["network_code"],
        Mode(row["processing_mode"]),
        row["attempts"],
        row["authorisation_id"],
    )
    return Payment(
        row["payment_id"],
        row["merchant_id"],
        row["pos_id"],
        _card(row),
        Cents(row["amount"]),
        row["currency"],
        decision,
        row["created_at"],
        row["trace_id"],
    )
