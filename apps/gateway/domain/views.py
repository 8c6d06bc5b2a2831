"""What several services tell of one thing, and which of them had nothing to say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

DECIDED_BY_THE_SHOP = frozenset({"terminal", "fraud", "floor_limit"})
"""Who decides without the bank: it never heard of such a payment."""


class Part(StrEnum):
    """What an answer is put together from."""

    BANK = "bank"
    FRAUD = "fraud"
    NOTIFICATIONS = "notifications"
    EVENTS = "events"
    FIGURES = "figures"
    MONEY = "money"
    LATEST = "latest"


class Why(StrEnum):
    """Why a part is missing."""

    TIMEOUT = "timeout"
    """It did not answer within its budget."""
    AWAY = "away"
    """It could not be reached."""
    REFUSED = "refused"
    """It answered, but not what was asked for."""
    BUSY = "busy"
    """So many of ours wait for it already that it was not asked."""


class Missing(Exception):
    """A part has no answer; the rest goes on without it."""

    def __init__(self, why: Why) -> None:
        super().__init__(why)
        self.why = why


class NotShown(Exception):
    """The payment itself is not shown: its service answered with this status."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(status)
        self.status = status
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Payment:
    """What is read of a payment; `shown` is all that its service tells."""

    payment_id: UUID
    merchant_id: str
    card_token: UUID
    source: str | None
    """Who decided; None while nobody has."""
    shown: Mapping[str, Any]

    @property
    def reached_the_bank(self) -> bool:
        return self.source not in DECIDED_BY_THE_SHOP


@dataclass(frozen=True, slots=True)
class Authorisation:
    """The bank's word, and what became of the amount that it holds."""

    authorisation_id: UUID
    approved: bool
    network_code: str
    hold_state: str | None


@dataclass(frozen=True, slots=True)
class Card:
    """What fraud thinks of the card; a merchant learns its status alone."""

    status: str
    count: int | None = None
    refused: int | None = None

    def for_merchants(self) -> "Card":
        """How often a card pays elsewhere is no merchant's business."""
        return Card(self.status)


@dataclass(frozen=True, slots=True)
class Notification:
    """What the merchant is told, and how telling it went."""

    notification_id: UUID
    merchant_id: str
    kind: str
    type: str
    target: str
    state: str
    attempt: int
    next_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Event:
    seq: int
    type: str
    at: datetime
    trace_id: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Fresh:
    """What the back office tells, and how old that is."""

    as_of: datetime | None
    lag_ms: int


@dataclass(frozen=True, slots=True)
class OwnFigures(Fresh):
    """A merchant's last days, the latest first, and the totals by currency."""

    days: Sequence[Mapping[str, Any]]
    totals: Sequence[Mapping[str, Any]]
    reasons: Sequence[Mapping[str, Any]]
    standins: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class OwnMoney(Fresh):
    """What a merchant is to be paid, by currency."""

    balances: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Whole:
    """What was told, by part; what has no answer is in `why` instead.

    A part that knows nothing of the matter tells None; that is an answer too.
    """

    told: Mapping[Part, Any]
    why: Mapping[Part, Why]

    @property
    def degraded(self) -> Sequence[Part]:
        return list(self.why)


def own(told: Sequence[Notification], merchant_id: str) -> Sequence[Notification]:
    """Those that this merchant was sent."""
    return [each for each in told if each.merchant_id == merchant_id]


def freshness(parts: Sequence[Fresh | None]) -> tuple[datetime | None, int | None]:
    """How old an answer of several is: as the oldest of them."""
    there = [part for part in parts if part is not None]
    instants = [part.as_of for part in there if part.as_of is not None]
    lags = [part.lag_ms for part in there]
    return min(instants, default=None), max(lags, default=None)
