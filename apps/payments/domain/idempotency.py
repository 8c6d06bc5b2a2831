"""One order under one key: asked again it gets the same answer, never a second payment."""

import json
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from .rules import Order


@dataclass(frozen=True, slots=True)
class Claim:
    """Who asks what under which key; key and content are known by keyed digests only."""

    merchant_id: str
    route: str
    key_digest: bytes
    fingerprint: bytes
    payment_id: UUID
    fence: int = 1
    """Who took over counts one up: whoever held the claim before can no longer finish."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What became of a claim that was made before."""

    fingerprint: bytes
    payment_id: UUID
    fence: int
    first_at: datetime
    body: bytes | None
    """The answer, once there is one."""
    is_leased: bool
    """Somebody is still at work on it."""


def content_of(order: Order) -> bytes:
    """The validated order in canonical JSON (RFC 8785, for its strings and integers)."""
    expiry = [order.expiry.month, order.expiry.year]
    asked = {
        "amount": order.amount,
        "card": order.pan.digits,
        "currency": order.currency,
        "expiry": expiry,
        "pos_id": order.pos_id,
    }
    return json.dumps(asked, sort_keys=True, separators=(",", ":")).encode()
