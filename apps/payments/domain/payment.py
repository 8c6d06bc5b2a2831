"""A payment: what it is, as the sum of what happened to it.

received ─┬─▶ declined
          ├─▶ authorised ─┬─▶ captured ─┬─▶ settled ─▶ partially_refunded ─▶ refunded
          │               │             └─▶ partially_refunded ─▶ refunded
          │               └─▶ voided
          └─▶ pending ─▶ authorised | declined
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import NAMESPACE_URL, UUID, uuid5

from apps.kit.values import Cents

from .cards import Card
from .changes import Event
from .orders import CaptureMethod, Screening
from .rules import Decision, Source

NOTHING: Final = Cents(0)

AT_BANK: Final = frozenset({Source.BANK, Source.DELEGATION})
"""Who decides what the bank is to hold: it does, or the shop in its stead."""


class Status(StrEnum):
    RECEIVED = "received"
    PENDING = "pending"
    AUTHORISED = "authorised"
    DECLINED = "declined"
    CAPTURED = "captured"
    VOIDED = "voided"
    SETTLED = "settled"
    PARTIALLY_REFUNDED = "partially_refunded"
    REFUNDED = "refunded"


class Reversal(StrEnum):
    """How far it is that the bank lets go of what it may hold."""

    REQUESTED = "requested"
    CONFIRMED = "confirmed"


class StandIn(StrEnum):
    """What became of an acceptance in the bank's stead; open until the bank says."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    SUBMITTED = "submitted"
    REJECTED = "rejected"


class InvalidState(Exception):
    """This cannot happen to a payment in that state."""


class TooMuch(InvalidState):
    """More than was authorised, or than was captured."""


class ConcurrentChange(Exception):
    """Something else happened to the payment meanwhile."""


class AlreadyClaimed(Exception):
    """An order came under this key before."""


class DuplicateReference(Exception):
    """The merchant has a payment under this reference."""


class CapsReached(Exception):
    """No more may be accepted in the bank's stead."""


@dataclass(frozen=True, slots=True)
class Payment:
    payment_id: UUID
    merchant_id: str
    pos_id: str
    card: Card
    amount: Cents
    currency: str
    created_at: datetime
    trace_id: str
    status: Status
    decision: Decision | None
    version: int
    """The `seq` of the last event."""
    capture: CaptureMethod = CaptureMethod.MANUAL
    merchant_reference: str | None = None
    captured: Cents = NOTHING
    refunded: Cents = NOTHING
    fraud: Screening | None = None
    reversal: Reversal | None = None
    standin: StandIn | None = None
    is_settled: bool = False

    @property
    def is_held_at_bank(self) -> bool:
        """The bank may hold money for it; what the shop decided alone it never saw.

        What was accepted in its stead it may have heard, or will hear, of: however often
        it was asked before (perhaps never, or by one who died), it is asked later.
        """
        return self.decision is not None and self.decision.source in AT_BANK

    @property
    def is_confirmed_by_bank(self) -> bool:
        return self.decision is not None and self.decision.authorisation_id is not None

    @property
    def refundable(self) -> Cents:
        return Cents(self.captured - self.refunded)


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event in its place: `seq` counts from 1, without gaps."""

    payment_id: UUID
    seq: int
    event: Event
    at: datetime
    trace_id: str


@dataclass(frozen=True, slots=True)
class Happened:
    """An event, and what the payment was after it."""

    recorded: Recorded
    payment: Payment
    by: str
    """Who made it happen."""

    @property
    def event(self) -> Event:
        return self.recorded.event


def step_id(subject: UUID, step: str) -> UUID:
    """The same step of the same payment has the same id, however often it is tried."""
    return uuid5(NAMESPACE_URL, f"payscope:{subject}:{step}")
