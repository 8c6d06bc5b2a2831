"""What an event says: of a payment, of a card, or of a payout."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from apps.kit.values import Cents

NOTHING = Cents(0)


class Kind(StrEnum):
    """What happened to a payment; the last word of its event's subject."""

    RECEIVED = "received"
    AUTHORISED = "authorised"
    DECLINED = "declined"
    CAPTURED = "captured"
    VOIDED = "voided"
    REFUNDED = "refunded"
    SETTLED = "settled"
    STANDIN_RECONCILED = "standin_reconciled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One event of a payment: whose it is, its status after it, what it adds."""

    event_id: UUID
    kind: Kind
    version: int
    """Which event of its payment it is."""
    at: datetime

    payment_id: UUID
    merchant_id: str
    pos_id: str
    card_token: UUID
    brand: str
    last4: str
    amount: Cents
    currency: str
    status: str
    created_at: datetime
    trace_id: str

    response_code: str | None = None
    network_code: str | None = None
    processing_mode: str | None = None
    source: str | None = None
    attempts: int | None = None
    captured: Cents = NOTHING
    fee: Cents = NOTHING
    refunded: Cents = NOTHING
    """By this refund alone."""
    refunded_total: Cents = NOTHING
    net: Cents = NOTHING
    """What was paid out for it, refunds not counted."""
    reason: str | None = None
    """Why it was voided."""
    outcome: str | None = None
    """What the bank said later of a payment that was accepted in its stead."""


@dataclass(frozen=True, slots=True)
class Flag:
    """How suspicious a card is, since `at`."""

    card_token: UUID
    status: str
    previous: str
    count: int
    version: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Payout:
    """A merchant was paid `net`, which is never below zero: refunds are taken off."""

    event_id: UUID
    at: datetime
    merchant_id: str
    currency: str
    net: Cents


@dataclass(frozen=True, slots=True)
class Heard:
    """An event at its place in the stream; what it says, if that concerns us."""

    event_id: UUID
    stream_seq: int
    at: datetime
    says: Change | Flag | Payout | None


def latest(flags: list[Flag]) -> list[Flag]:
    """The last word on each card, in whichever order the words came."""
    found: dict[UUID, Flag] = {}
    for flag in flags:
        known = found.get(flag.card_token)
        if known is None or flag.version > known.version:
            found[flag.card_token] = flag
    return list(found.values())
