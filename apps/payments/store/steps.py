"""The payments database, as what finishes payments later sees it."""

from collections.abc import Collection, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from apps.kit import audit, outbox
from apps.kit.audit import Entry
from apps.kit.crashing import crash_point
from apps.kit.database import Connection, Database
from apps.kit.values import Cents

from ..announcing import payout
from ..auditing import entry_of
from ..domain.idempotency import Claim
from ..domain.ledger import settlement
from ..domain.payment import Happened, Payment, Status
from ..domain.sagas import EVERY_STEP, Step
from ..domain.settlement import Batch
from ..ports import Attempt, Stuck
from . import claims, ledger, movements, sagas
from .payments import PostgresStore
from .rows import payment_of

UNDECIDED = """
SELECT * FROM payment JOIN card USING (card_token)
WHERE status = $2 AND status IN ('received', 'pending') AND created_at < $1
ORDER BY created_at LIMIT 100
"""
WAITING = """
SELECT status, extract(epoch FROM now() - min(created_at))::float8 FROM payment
WHERE status IN ('received', 'pending') GROUP BY status
"""
EXPIRED = """
SELECT * FROM payment JOIN card USING (card_token)
WHERE status = 'authorised' AND created_at < $1 ORDER BY created_at LIMIT 100
"""
AUTHORISED_WITH = """
SELECT * FROM payment JOIN card USING (card_token)
WHERE status = 'authorised' AND card_token = $1
ORDER BY payment_id FOR UPDATE OF payment
"""
OF_BATCH = """
SELECT * FROM payment JOIN card USING (card_token) WHERE payment_id = ANY($1::uuid[])
"""


@dataclass(frozen=True)
class PostgresSteps:
    """Steps that are due, payments that nobody decided, merchants to be paid."""

    database: Database
    store: PostgresStore
    looked: ledger.Looked = field(default_factory=ledger.Looked)

    def transaction(self) -> AbstractAsyncContextManager[Connection]:
        return self.database.transaction()

    async def due(
        self, most: int, steps: Collection[Step] = EVERY_STEP
    ) -> Sequence[Attempt]:
        async with self.database.connection() as db:
            return await sagas.claim(db, most, steps)

    async def succeeded(self, done: Sequence[tuple[Attempt, str]]) -> None:
        async with self.database.at_once() as db:
            await sagas.succeeded(db, done)

    async def failed(
        self, attempt: Attempt, error: str, after: timedelta, trace_id: str
    ) -> None:
        async with self.database.transaction() as db:
            await sagas.failed(db, attempt, error, after, trace_id)

    async def postponed(self, attempt: Attempt, why: str, after: timedelta) -> None:
        async with self.database.connection() as db:
            await sagas.postponed(db, attempt, why, after)

    async def hasten(self, steps: Collection[Step]) -> int:
        async with self.database.connection() as db:
            return await sagas.hasten(db, steps)

    async def gave_up(self, attempt: Attempt, error: str, trace_id: str) -> None:
        async with self.database.transaction() as db:
            await sagas.gave_up(db, attempt, error, trace_id)

    async def stuck(self) -> Sequence[Stuck]:
        async with self.database.connection() as db:
            return await sagas.stuck(db)

    async def retry(self, payment_id: UUID, step: Step, by: str) -> bool:
        """Have it tried again, and keep who wished it; false if it was not stuck."""
        async with self.database.transaction() as db:
            if not await sagas.retry(db, payment_id, step):
                return False
            whom, which = str(payment_id), {"saga.step": step}
            await audit.put(db, Entry(by, "step.retry", whom, "due", which))
            return True

    async def note(self, entry: Entry) -> None:
        """Keep in the trail what somebody did to no payment."""
        async with self.database.transaction() as db:
            await audit.put(db, entry)

    async def undecided(self, before: datetime, status: Status) -> Sequence[Payment]:
        return await self._payments(UNDECIDED, before, status)

    async def expired(self, before: datetime) -> Sequence[Payment]:
        return await self._payments(EXPIRED, before)

    async def authorised_with(self, card_token: UUID) -> Sequence[Payment]:
        """The card's payments that can still be voided; ours in this transaction."""
        return await self._payments(AUTHORISED_WITH, card_token)

    async def abandoned(self, payment_id: UUID) -> Claim | None:
        async with self.database.connection() as db:
            return await claims.abandoned(db, payment_id)

    async def to_pay(self) -> Sequence[tuple[str, str]]:
        async with self.database.connection() as db:
            return await movements.to_pay(db)

    async def unsettled(
        self, batch_id: UUID, merchant_id: str, currency: str, most: int
    ) -> Batch:
        async with self.database.connection() as db:
            whose = (batch_id, merchant_id, currency)
            return await movements.unsettled(db, *whose, most)

    async def of_batch(self, batch: Batch) -> Sequence[Payment]:
        return await self._payments(OF_BATCH, [debt.payment_id for debt in batch.debts])

    async def settle(
        self, batch: Batch, happened: Sequence[Happened], at: datetime, trace_id: str
    ) -> None:
        """Keep a batch with what it means to each payment in it: all or none."""
        async with self.database.transaction() as db:
            await movements.settle(db, batch, at, trace_id)
            await self.store.keep(happened)
            crash_point("payments.mid_settlement")
            await outbox.put(db, payout(batch, at))
            await ledger.book(db, settlement(batch), at, trace_id)
            await audit.put(db, entry_of(batch))

    async def waiting(self) -> dict[Status, float]:
        """Since when the oldest undecided order waits, in seconds."""
        async with self.database.connection() as db:
            return {Status(row[0]): row[1] for row in await db.fetch(WAITING)}

    async def ages(self) -> dict[Step, tuple[int, float]]:
        async with self.database.connection() as db:
            return await sagas.ages(db)

    async def exposure(self) -> Cents:
        async with self.database.connection() as db:
            return await movements.exposed(db)

    async def imbalance(self) -> int:
        async with self.database.connection() as db:
            return await ledger.imbalance(db, self.looked)

    async def _payments(self, query: str, *what: object) -> Sequence[Payment]:
        async with self.database.connection() as db:
            return [payment_of(row) for row in await db.fetch(query, *what)]
