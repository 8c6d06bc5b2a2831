"""Claims as rows: made with the first event of a payment, finished with its answer."""

import json
from datetime import timedelta
from uuid import UUID

from apps.kit.database import Connection

from ..domain.idempotency import Answer, Claim, Standing
from .rows import hexadecimal

LEASE = timedelta(seconds=10)
"""Longer than any order takes; whoever has not finished by then is dead."""

KEPT_FOR = timedelta(hours=24)

MAKE = "SELECT * FROM make_claim($1)"
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


async def make(db: Connection, claim: Claim, answer: Answer) -> bool:
    """False when it was made before."""
    return bool(await db.fetchval(MAKE, json.dumps(_made(claim, answer), default=str)))


def rows(claim: Claim | None, answer: Answer | None) -> dict[str, dict[str, object]]:
    """The claim to be made, finished at once where the answer is known; or the one to
    be finished."""
    if claim is None:
        return {}
    if claim.fence is None:
        return {"claim": _made(claim, answer)}
    if answer is None:
        return {}
    return {"finished": {**_key(claim), "fence": claim.fence, **_said(answer)}}


def _made(claim: Claim, answer: Answer | None) -> dict[str, object]:
    return {
        **_key(claim),
        "fingerprint": hexadecimal(claim.fingerprint),
        "payment_id": claim.payment_id,
        "lease": f"{LEASE.total_seconds()} s",
        **(_said(answer) if answer else {}),
    }


def _key(claim: Claim) -> dict[str, object]:
    return {
        "merchant_id": claim.merchant_id,
        "route": claim.route,
        "key_hmac": hexadecimal(claim.key_digest),
    }


def _said(answer: Answer) -> dict[str, object]:
    return {"status": answer.status, "body": hexadecimal(answer.body)}


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
