"""The payments database: terminals, cards, payments and what happened to them."""

from collections.abc import Sequence
from pathlib import Path
from typing import cast
from uuid import UUID

import asyncpg

from apps.kit import outbox
from apps.kit.database import Connection, Database
from apps.kit.errors import Problem
from apps.kit.events import CloudEvent
from apps.kit.values import Cents, Pan, uuid7

from .domain.cards import Card, Expiry, brand_of
from .domain.payment import Payment, Recorded, Status
from .domain.rules import Decision, Mode, Reason, Source, Terminal, Verdict
from .events import PaymentDecided
from .history import recorded_of, row_of
from .vault import Vault

SCHEMA = (outbox.SCHEMA, Path(__file__).parent / "schema")

TERMINAL = "SELECT pos_id, merchant_id, active FROM pos WHERE pos_id = $1"
CARD = "SELECT card_token, brand, last4, blocked FROM card WHERE pan_hmac = $1"
INSERT_CARD = """
INSERT INTO card (card_token, pan_hmac, pan_ciphertext, key_id, brand, last4,
    expiry_month, expiry_year)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (pan_hmac) DO NOTHING
"""
BLOCK = "UPDATE card SET blocked = true, blocked_reason = $2 WHERE card_token = $1"
INSERT_EVENT = """
INSERT INTO payment_event (payment_id, seq, type, data, at, trace_id)
VALUES ($1, $2, $3, $4, $5, $6)
"""
KEEP_PAYMENT = """
INSERT INTO payment AS kept (payment_id, merchant_id, pos_id, card_token, amount,
    currency, created_at, trace_id, status, version, response_code, network_code,
    processing_mode, source, attempts, authorisation_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
ON CONFLICT (payment_id) DO UPDATE SET status = EXCLUDED.status,
    version = EXCLUDED.version, response_code = EXCLUDED.response_code,
    network_code = EXCLUDED.network_code, processing_mode = EXCLUDED.processing_mode,
    source = EXCLUDED.source, attempts = EXCLUDED.attempts,
    authorisation_id = EXCLUDED.authorisation_id
WHERE kept.version = $17
RETURNING version
"""
PAYMENT = """
SELECT * FROM payment JOIN card USING (card_token) WHERE payment_id = $1
"""
HISTORY = "SELECT * FROM payment_event WHERE payment_id = $1 ORDER BY seq"


class ConcurrentChange(Problem):
    status, code, title = 409, "invalid-state", "Something else happened meanwhile"


class PostgresStore:
    """Keeps payments; knows cards by digest, and their numbers only sealed."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    async def terminal(self, pos_id: str) -> Terminal | None:
        async with self._database.connection() as db:
            row = await db.fetchrow(TERMINAL, pos_id)
        return (
            Terminal(row["pos_id"], row["merchant_id"], row["active"]) if row else None
        )

    async def card(self, pan: Pan, expiry: Expiry) -> Card:
        """Find the card, or make it known under a fresh random token."""
        digest = self._vault.digest(pan)
        async with self._database.connection() as db:
            row = await db.fetchrow(CARD, digest)
            if row is None:
                await self._seal(db, digest, pan, expiry)
                row = await db.fetchrow(CARD, digest)
        return _card(cast("asyncpg.Record", row))

    async def block(self, card: Card, reason: str) -> None:
        """From now on the card pays nothing."""
        async with self._database.connection() as db:
            await db.execute(BLOCK, card.token, reason)

    async def keep(
        self,
        payment: Payment,
        fresh: Sequence[Recorded],
        event: CloudEvent[PaymentDecided] | None = None,
    ) -> None:
        """Append what happened, bring the row up to date, queue the event: all or none.

        Raises ConcurrentChange when the payment is no longer as `fresh` found it.
        """
        before = fresh[0].seq - 1
        async with self._database.transaction() as db:
            try:
                await db.executemany(INSERT_EVENT, [row_of(each) for each in fresh])
            except asyncpg.UniqueViolationError as other:
                raise ConcurrentChange("Read it again.") from other
            if await db.fetchval(KEEP_PAYMENT, *_row(payment), before) is None:
                raise ConcurrentChange("Read it again.")
            if event:
                await outbox.put(db, event)

    async def payment(self, payment_id: UUID) -> Payment | None:
        async with self._database.connection() as db:
            row = await db.fetchrow(PAYMENT, payment_id)
        return _payment(row) if row else None

    async def history(self, payment_id: UUID) -> Sequence[Recorded]:
        """All that happened to a payment, in order."""
        async with self._database.connection() as db:
            rows = await db.fetch(HISTORY, payment_id)
        return [recorded_of(row) for row in rows]

    async def _seal(
        self, db: Connection, digest: bytes, pan: Pan, expiry: Expiry
    ) -> None:
        token = uuid7()
        known = (token, digest, self._vault.seal(pan, token), self._vault.key_id)
        shown = (brand_of(pan), pan.last4, expiry.month, expiry.year)
        await db.execute(INSERT_CARD, *known, *shown)


def _card(row: asyncpg.Record) -> Card:
    return Card(row["card_token"], row["brand"], row["last4"], row["blocked"])


def _row(payment: Payment) -> tuple[object, ...]:
    decision = payment.decision
    decided = (
        decision and decision.reason,
        decision and decision.network_code,
        decision and decision.mode,
        decision and decision.source,
        decision and decision.attempts,
        decision and decision.authorisation_id,
    )
    return (
        payment.payment_id,
        payment.merchant_id,
        payment.pos_id,
        payment.card.token,
        payment.amount,
        payment.currency,
        payment.created_at,
        payment.trace_id,
        payment.status,
        payment.version,
        *decided,
    )


def _payment(row: asyncpg.Record) -> Payment:
    return Payment(
        row["payment_id"],
        row["merchant_id"],
        row["pos_id"],
        Card(row["card_token"], row["brand"], row["last4"]),
        Cents(row["amount"]),
        row["currency"],
        row["created_at"],
        row["trace_id"],
        Status(row["status"]),
        _decision(row),
        row["version"],
    )


def _decision(row: asyncpg.Record) -> Decision | None:
    if row["response_code"] is None:
        return None
    reason = Reason(row["response_code"])
    return Decision(
        Verdict.AUTHORISED if reason is Reason.ACCEPTED else Verdict.DECLINED,
        reason,
        Source(row["source"]),
        row["network_code"],
        Mode(row["processing_mode"]),
        row["attempts"],
        row["authorisation_id"],
    )
