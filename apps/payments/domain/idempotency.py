"""One order under one key: asked again it gets the same answer, never a second payment."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from .orders import Order


@dataclass(frozen=True, slots=True)
class Claim:
    """Who asks what under which key; key and content are known by keyed digests only."""

    merchant_id: str
    route: str
    key_digest: bytes
    fingerprint: bytes
    payment_id: UUID
    fence: int | None = None
    """Who took over counts one up: whoever held the claim before can no longer finish.
    None is a claim that is not made yet."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said of a payment, to the byte: asked again, it is the same."""

    payment_id: UUID
    status: int
    """Of HTTP."""
    body: bytes
    first_at: datetime | None = None
    """When it was first given, if this is not the first time."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What became of a claim that was made before."""

    fingerprint: bytes
    payment_id: UUID
    fence: int
    first_at: datetime
    status: int | None
    body: bytes | None
    """The answer, once there is one."""
    is_leased: bool
    """Somebody is still at work on it."""


def content_of(order: Order) -> bytes:
    """The validated order in canonical JSON (RFC 8785, for its strings and integers).

    All but the verification value, which leaves no trace anywhere.
    """
    expiry = [order.expiry.month, order.expiry.year]
    asked = {
        "amount": order.amount,
        "capture": order.capture,
        "card": order.pan.digits,
        "currency": order.currency,
        "expiry": expiry,
        "merchant_reference": order.merchant_reference,
        "pos_id": order.pos_id,
    }
    return canonical(asked)


def canonical(content: Mapping[str, object]) -> bytes:
    return json.dumps(content, sort_keys=True, separators=(",", ":")).encode()
