"""The payments database, as the use cases see it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast
from uuid import UUID

from apps.kit import audit, inbox, outbox
from apps.kit.audit import Entry
from apps.kit.database import Database
from apps.kit.values import Cents, Pan

from ..domain.cards import Card, Expiry
from ..domain.idempotency import Answer, Claim, Standing
from ..domain.listing import Query
from ..domain.orders import Fees, Limits, Terminal
from ..domain.payment import Happened, Payment, Recorded
from ..domain.sagas import Pace
from . import cards, claims, keeping
from .history import recorded_of
from .keeping import Kept
from .reference import Remembered
from .rows import card_of, payment_of, terminal_of
from .together import Together
from .vault import Vault

SCHEMA = (
    outbox.SCHEMA,
    inbox.SCHEMA,
    audit.SCHEMA,
    Path(__file__).parents[1] / "schema",
)

TERMINALS = """
SELECT * FROM pos JOIN merchant USING (merchant_id)
WHERE $1::text IS NULL OR merchant_id = $1 ORDER BY pos_id
"""
TERMINAL = """
SELECT pos_id, merchant_id, active, currency, capture_method
FROM pos JOIN merchant USING (merchant_id) WHERE pos_id = $1
"""
FEES = "SELECT fee_bps, fee_fixed FROM merchant WHERE merchant_id = $1"
CARDS = """
SELECT card_token, brand, last4, blocked FROM card ORDER BY card_token DESC LIMIT 100
"""
CARDS_OF = """
SELECT card_token, brand, last4, blocked FROM card WHERE card_token IN (
    SELECT card_token FROM payment WHERE merchant_id = $1
    ORDER BY payment_id DESC LIMIT 1000)
ORDER BY card_token DESC LIMIT 100
"""
PAYMENT = """
SELECT * FROM payment JOIN card USING (card_token) WHERE payment_id = $1
"""
HISTORY = "SELECT * FROM payment_event WHERE payment_id = $1 ORDER BY seq"
PAYMENTS = """
SELECT * FROM payment JOIN card USING (card_token)
WHERE ($2::text IS NULL OR status = $2) AND ($3::text IS NULL OR pos_id = $3)
    AND ($4::timestamptz IS NULL OR created_at >= $4)
    AND ($5::timestamptz IS NULL OR created_at < $5)
    AND ($6::uuid IS NULL OR payment_id < $6)
    AND ($7::text IS NULL OR merchant_id = $7)
ORDER BY payment_id DESC LIMIT $1
"""


@dataclass(frozen=True)
class PostgresStore:
    """Keeps payments; knows cards by digest, and their numbers only sealed."""

    database: Database
    vault: Vault
    limits: Limits
    pace: Pace
    together: Together = field(init=False)
    _terminals: Remembered[Terminal] = field(init=False)
    _fees: Remembered[Fees] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "together", Together(self.database))
        object.__setattr__(self, "_terminals", Remembered(self._terminal))
        object.__setattr__(self, "_fees", Remembered(self._fees_of))

    async def terminal(self, pos_id: str) -> Terminal | None:
        """As it was some seconds ago, or is now."""
        return await self._terminals.of(pos_id)

    async def terminals(
        self, merchant_id: str | None
    ) -> Sequence[Mapping[str, object]]:
        async with self.database.connection() as db:
            return [dict(row) for row in await db.fetch(TERMINALS, merchant_id)]

    async def fees(self, merchant_id: str) -> Fees:
        """As they were some seconds ago, or are now."""
        return cast("Fees", await self._fees.of(merchant_id))

    async def card(self, pan: Pan, expiry: Expiry) -> Card:
        """Find the card, or make it known under a fresh random token."""
        async with self.database.connection() as db:
            return await cards.known(db, self.vault, pan, expiry)

    async def cards(self, merchant_id: str | None) -> Sequence[Card]:
        """The newest hundred that were ever seen; or a merchant's of late."""
        asked = (CARDS_OF, merchant_id) if merchant_id else (CARDS,)
        async with self.database.connection() as db:
            return [card_of(row) for row in await db.fetch(*asked)]

    async def block(self, card: Card, reason: str) -> None:
        """From now on the card pays nothing."""
        async with self.database.connection() as db:
            await cards.block(db, card, reason)

    async def keep(
        self,
        happened: Sequence[Happened],
        claim: Claim | None = None,
        answer: Answer | None = None,
    ) -> None:
        """Keep events of payments and all that follows from them: all or none.

        Raises AlreadyClaimed, ConcurrentChange, DuplicateReference, CapsReached.
        """
        kept = keeping.kept(happened, self.pace, claim, answer)
        if in_stead := keeping.accepted_in_stead(happened):
            async with self.database.transaction() as db:
                await keeping.stay_within_caps(db, in_stead, self.limits)
                await self._put(kept)
        elif claim or self.database.is_in_transaction:
            await self._put(kept)
        else:
            await self.together.keep(kept)

    async def _put(self, kept: Kept) -> None:
        async with self.database.at_once() as db:
            await keeping.put(db, kept)
            keeping.count(kept)

    async def payment(self, payment_id: UUID) -> Payment | None:
        async with self.database.connection() as db:
            row = await db.fetchrow(PAYMENT, payment_id)
        return payment_of(row) if row else None

    async def payments(self, query: Query) -> Sequence[Payment]:
        """A page of payments, newest first."""
        span = (query.since, query.until, query.after)
        narrow = (query.status, query.pos_id, *span, query.merchant_id)
        async with self.database.connection() as db:
            rows = await db.fetch(PAYMENTS, query.limit, *narrow)
        return [payment_of(row) for row in rows]

    async def history(self, payment_id: UUID) -> Sequence[Recorded]:
        """All that happened to a payment, in order."""
        async with self.database.connection() as db:
            rows = await db.fetch(HISTORY, payment_id)
        return [recorded_of(row) for row in rows]

    async def standing(self, claim: Claim) -> Standing | None:
        async with self.database.connection() as db:
            return await claims.standing(db, claim)

    async def take_over(self, claim: Claim, fence: int) -> int | None:
        async with self.database.connection() as db:
            return await claims.take_over(db, claim, fence)

    async def refuse(
        self, claim: Claim, answer: Answer, entry: Entry | None = None
    ) -> bool:
        """Keep a refusal as the answer under its key; false if there is one already."""
        async with self.database.transaction() as db:
            is_made = await claims.make(db, claim, answer)
            if is_made and entry:
                await audit.put(db, entry)
            return is_made

    async def _terminal(self, pos_id: str) -> Terminal | None:
        async with self.database.connection() as db:
            row = await db.fetchrow(TERMINAL, pos_id)
        return terminal_of(row) if row else None

    async def _fees_of(self, merchant_id: str) -> Fees | None:
        async with self.database.connection() as db:
            row = await db.fetchrow(FEES, merchant_id)
        return Fees(row["fee_bps"], Cents(row["fee_fixed"])) if row else None
