"""The payments database: terminals, cards, payments and what happened to them."""

from collections.abc import Sequence
from pathlib import Path
from typing import cast
from uuid import UUID

import asyncpg

from apps.kit import outbox
from apps.kit.database import Connection, Database
from apps.kit.values import Pan, uuid7

from . import claims
from .domain.cards import Card, Expiry, brand_of
from .domain.idempotency import Claim, Standing
from .domain.payment import (
    AlreadyClaimed,
    ConcurrentChange,
    Payment,
    Recorded,
)
from .domain.rules import Terminal
from .events import Decided
from .history import event_row, recorded_of
from .rows import card_of, payment_of, row_of
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
        return card_of(cast("asyncpg.Record", row))

    async def block(self, card: Card, reason: str) -> None:
        """From now on the card pays nothing."""
        async with self._database.connection() as db:
            await db.execute(BLOCK, card.token, reason)

    async def keep(
        self,
        payment: Payment,
        fresh: Sequence[Recorded],
        claim: Claim,
        decided: Decided | None = None,
    ) -> None:
        """Append what happened, the row, the claim, and what is decided: all or none.

        Raises AlreadyClaimed when the key was used before, and ConcurrentChange when
        the payment is no longer as `fresh` found it.
        """
        before = fresh[0].seq - 1
        body = decided.body if decided else None
        async with self._database.transaction() as db:
            if before == 0 and not await claims.make(db, claim, body):
                raise AlreadyClaimed
            await self._append(db, payment, fresh, before)
            if before and body and not await claims.finish(db, claim, body):
                raise ConcurrentChange("Somebody else took over.")
            if decided:
                await outbox.put(db, decided.event)

    async def standing(self, claim: Claim) -> Standing | None:
        async with self._database.connection() as db:
            return await claims.standing(db, claim)

    async def take_over(self, claim: Claim, fence: int) -> int | None:
        async with self._database.connection() as db:
            return await claims.take_over(db, claim, fence)

    async def purge(self) -> int:
        async with self._database.connection() as db:
            return await claims.purge(db)

    async def payment(self, payment_id: UUID) -> Payment | None:
        async with self._database.connection() as db:
            row = await db.fetchrow(PAYMENT, payment_id)
        return payment_of(row) if row else None

    async def history(self, payment_id: UUID) -> Sequence[Recorded]:
        """All that happened to a payment, in order."""
        async with self._database.connection() as db:
            rows = await db.fetch(HISTORY, payment_id)
        return [recorded_of(row) for row in rows]

    async def _append(
        self, db: Connection, payment: Payment, fresh: Sequence[Recorded], before: int
    ) -> None:
        try:
            await db.executemany(INSERT_EVENT, [event_row(each) for each in fresh])
        except asyncpg.UniqueViolationError as other:
            raise ConcurrentChange("Read it again.") from other
        if await db.fetchval(KEEP_PAYMENT, *row_of(payment), before) is None:
            raise ConcurrentChange("Read it again.")

    async def _seal(
        self, db: Connection, digest: bytes, pan: Pan, expiry: Expiry
    ) -> None:
        token = uuid7()
        known = (token, digest, self._vault.seal(pan, token), self._vault.key_id)
        shown = (brand_of(pan), pan.last4, expiry.month, expiry.year)
        await db.execute(INSERT_CARD, *known, *shown)
