"""Claims as rows: made with the first event of a payment, finished with its answer."""

from datetime import timedelta
from uuid import UUID

from apps.kit.database import Connection

from ..domain.idempotency import Answer, Claim, Standing

LEASE = timedelta(seconds=10)
"""Longer than any order takes; whoever has not finished by then is dead."""

KEPT_FOR = timedelta(hours=24)

INSERT = """
INSERT INTO idempotency (merchant_id, route, key_hmac, fingerprint, payment_id,
    lease_until, status, body)
VALUES ($1, $2, $3, $4, $5, now() + $6::interval, $7, $8)
ON CONFLICT DO NOTHING RETURNING true
"""
FINISH = """
UPDATE idempotency SET status = $4, body = $5
WHERE merchant_id = $1 AND route = $2 AND key_hmac = $3 AND fence = $6 AND body IS NULL
RETURNING true
"""
STANDING = """
SELECT fingerprint, payment_id, fence, first_at, status, body, lease_until > now() AS is_leased
FROM idempotency WHERE merchant_id = $1 AND route = $2 AND key_hmac = $3
"""
TAKE_OVER = """
UPDATE idempotency SET fence = fence + 1, lease_until = now() + $5::interval
WHERE merchant_id = $1 AND route = $2 AND key_hmac = $3 AND fence = $4
    AND lease_until <= now() AND body IS NULL
RETURNING fence
"""
ABANDONED = """
SELECT merchant_id, route, key_hmac AS key_digest, fingerprint, payment_id, fence
FROM idempotency
WHERE payment_id = $1 AND route = 'POST /payments' AND lease_until <= now()
"""
PURGE = """
DELETE FROM idempotency WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM idempotency
    WHERE first_at < now() - $1::interval AND body IS NOT NULL LIMIT $2))
"""


def _place(claim: Claim) -> tuple[str, str, bytes]:
    return claim.merchant_id, claim.route, claim.key_digest


async def make(db: Connection, claim: Claim, answer: Answer | None) -> bool:
    """False when it was made before; finished at once where the answer is known."""
    asked = (*_place(claim), claim.fingerprint, claim.payment_id)
    known = (answer.status, answer.body) if answer else (None, None)
    return bool(await db.fetchval(INSERT, *asked, LEASE, *known))


async def finish(db: Connection, claim: Claim, answer: Answer) -> bool:
    """False when somebody took over meanwhile."""
    known = (answer.status, answer.body)
    return bool(await db.fetchval(FINISH, *_place(claim), *known, claim.fence))


async def abandoned(db: Connection, payment_id: UUID) -> Claim | None:
    """The claim under which a payment was ordered, if nobody is at work on it."""
    row = await db.fetchrow(ABANDONED, payment_id)
    return Claim(**row) if row else None


async def standing(db: Connection, claim: Claim) -> Standing | None:
    row = await db.fetchrow(STANDING, *_place(claim))
    return Standing(**row) if row else None


async def take_over(db: Connection, claim: Claim, fence: int) -> int | None:
    """The fence of the new holder; None when another was quicker."""
    taken: int | None = await db.fetchval(TAKE_OVER, *_place(claim), fence, LEASE)
    return taken
