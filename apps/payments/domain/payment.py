"""The life of a payment: what can happen to it, in which order, and what it then is.

received ─┬─▶ declined
          └─▶ authorised

A payment is the fold of its events, and nothing else changes it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final
from uuid import UUID

from apps.kit.values import Cents

from .cards import Card
from .changes import (
    AuthorisationRequested,
    Event,
    PaymentAuthorised,
    PaymentDeclined,
    PaymentReceived,
    decision_of,
)
from .rules import Decision


class Status(StrEnum):
    RECEIVED = "received"
    AUTHORISED = "authorised"
    DECLINED = "declined"


TRANSITIONS: Final[Mapping[type, frozenset[Status | None]]] = MappingProxyType(
    {
        PaymentReceived: frozenset({None}),
        AuthorisationRequested: frozenset({Status.RECEIVED}),
        PaymentAuthorised: frozenset({Status.RECEIVED}),
        PaymentDeclined: frozenset({Status.RECEIVED}),
    }
)
"""From which state each event may come; None is the time before the payment."""


class InvalidState(Exception):
    """This cannot happen to a payment in that state."""


class ConcurrentChange(Exception):
    """Something else happened to the payment meanwhile."""


class AlreadyClaimed(Exception):
    """An order came under this key before."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event in its place: `seq` counts from 1, without gaps."""

    payment_id: UUID
    seq: int
    event: Event
    at: datetime
    trace_id: str


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


@dataclass(slots=True)
class Life:
    """One payment being lived: its state, and what is not kept yet."""

    payment_id: UUID
    trace_id: str
    payment: Payment | None = None
    fresh: list[Recorded] = field(default_factory=list)

    def happens(self, event: Event, at: datetime) -> Payment:
        """What the payment is now. Raises InvalidState for what cannot happen."""
        seq = self.payment.version + 1 if self.payment else 1
        recorded = Recorded(self.payment_id, seq, event, at, self.trace_id)
        self.payment = apply(self.payment, recorded)
        self.fresh.append(recorded)
        return self.payment

    def flush(self) -> list[Recorded]:
        """What is to be kept; from here on it counts as kept."""
        kept, self.fresh = self.fresh, []
        return kept


def fold(history: Iterable[Recorded]) -> Payment | None:
    """What a payment is, after all that happened to it."""
    payment = None
    for recorded in history:
        payment = apply(payment, recorded)
    return payment


def apply(payment: Payment | None, recorded: Recorded) -> Payment:
    """What the payment is after this event. Raises InvalidState."""
    event = recorded.event
    state = payment.status if payment else None
    expected = payment.version + 1 if payment else 1
    if state not in TRANSITIONS[type(event)] or recorded.seq != expected:
        raise InvalidState(f"{type(event).__name__} after {state}")
    if isinstance(event, PaymentReceived) or payment is None:
        return _received(recorded)
    if isinstance(event, AuthorisationRequested):
        return replace(payment, version=recorded.seq)
    decision = decision_of(event)
    status = Status(decision.verdict.value)
    return replace(payment, status=status, decision=decision, version=recorded.seq)


def _received(recorded: Recorded) -> Payment:
    event = recorded.event
    if not isinstance(event, PaymentReceived):
        raise InvalidState("a payment begins by being received")
    return Payment(
        recorded.payment_id,
        event.merchant_id,
        event.pos_id,
        Card(event.card_token, event.brand, event.last4),
        event.amount,
        event.currency,
        recorded.at,
        recorded.trace_id,
        Status.RECEIVED,
        None,
        recorded.seq,
    )
