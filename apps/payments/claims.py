"""Claims as rows: made with the first event of a payment, finished with its answer."""

from datetime import timedelta

from apps.kit.database import Connection

from .domain.idempotency import Claim, Standing

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
UPDATE idempotency SET status = 201, body = $4
WHERE merchant_id = $1 AND route = $2 AND key_hmac = $3 AND fence = $5 AND body IS NULL
RETURNING true
"""
STANDING = """
SELECT fingerprint, payment_id, fence, first_at, body, lease_until > now() AS is_leased
FROM idempotency WHERE merchant_id = $1 AND route = $2 AND key_hmac = $3
"""
TAKE_OVER = """
UPDATE idempotency SET fence = fence + 1, lease_until = now() + $5::interval
WHERE merchant_id = $1 AND route = $2 AND key_hmac = $3 AND fence = $4
    AND lease_until <= now() AND body IS NULL
RETURNING fence
"""
PURGE = "DELETE FROM idempotency WHERE first_at < now() - $1::interval"


def _place(claim: Claim) -> tuple[str, str, bytes]:
    return claim.merchant_id, claim.route, claim.key_digest


async def make(db: Connection, claim: Claim, body: bytes | None) -> bool:
    """False when it was made before; finished at once where the answer is known."""
    asked = (*_place(claim), claim.fingerprint, claim.payment_id)
    status = 201 if body else None
    return bool(await db.fetchval(INSERT, *asked, LEASE, status, body))


async def finish(db: Connection, claim: Claim, body: bytes) -> bool:
    """False when somebody took over meanwhile."""
    return bool(await db.fetchval(FINISH, *_place(claim), body, claim.fence))


async def standing(db: Connection, claim: Claim) -> Standing | None:
    row = await db.fetchrow(STANDING, *_place(claim))
    return Standing(**row) if row else None


async def take_over(db: Connection, claim: Claim, fence: int) -> int | None:
    """The fence of the new holder; None when another was quicker."""
    taken: int | None = await db.fetchval(TAKE_OVER, *_place(claim), fence, LEASE)
    return taken


async def purge(db: Connection) -> int:
    """Forget what is older than a day; how many were forgotten."""
    done: str = await db.execute(PURGE, KEPT_FOR, timeout=30)
    return int(done.rsplit(maxsplit=1)[-1])
