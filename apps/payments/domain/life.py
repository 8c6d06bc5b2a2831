"""The life of a payment: what can happen to it in which state, and what it then is."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Final
from uuid import UUID

from .cards import Card
from .changes import (
    AuthorisationRequested,
    AuthorisationUnknown,
    Event,
    PaymentAuthorised,
    PaymentCaptured,
    PaymentDeclined,
    PaymentFlagged,
    PaymentReceived,
    PaymentRefunded,
    PaymentSettled,
    PaymentVoided,
    ReversalConfirmed,
    ReversalRequested,
    StandInReconciled,
)
from .effects import EFFECTS
from .payment import Happened, InvalidState, Payment, Recorded, Status

_UNDECIDED = frozenset({Status.RECEIVED, Status.PENDING})
_PAID = frozenset({Status.CAPTURED, Status.SETTLED, Status.PARTIALLY_REFUNDED})
_LET_GO = frozenset({Status.DECLINED, Status.VOIDED, Status.PENDING})

TRANSITIONS: Final[Mapping[type, frozenset[Status | None]]] = MappingProxyType(
    {
        PaymentReceived: frozenset({None}),
        AuthorisationRequested: _UNDECIDED,
        AuthorisationUnknown: frozenset({Status.RECEIVED}),
        PaymentAuthorised: _UNDECIDED,
        PaymentDeclined: _UNDECIDED,
        ReversalRequested: _LET_GO,
        ReversalConfirmed: _LET_GO,
        StandInReconciled: _PAID | {Status.AUTHORISED, Status.REFUNDED},
        PaymentCaptured: frozenset({Status.AUTHORISED}),
        PaymentVoided: frozenset({Status.AUTHORISED}),
        PaymentRefunded: _PAID,
        PaymentSettled: frozenset(
            {Status.CAPTURED, Status.PARTIALLY_REFUNDED, Status.REFUNDED}
        ),
        PaymentFlagged: frozenset(Status),
    }
)
"""From which state each event may come; None is the time before the payment."""


@dataclass(slots=True)
class Life:
    """One payment being lived: its state, and what is not kept yet."""

    payment_id: UUID
    trace_id: str
    payment: Payment | None
    by: str
    """Who makes happen what happens: `client:m-01`, or a job of ours, `job:expiry`."""
    fresh: list[Happened] = field(default_factory=list)

    def happens(self, event: Event, at: datetime) -> Payment:
        """What the payment is now. Raises InvalidState for what cannot happen."""
        seq = self.payment.version + 1 if self.payment else 1
        recorded = Recorded(self.payment_id, seq, event, at, self.trace_id)
        self.payment = apply(self.payment, recorded)
        self.fresh.append(Happened(recorded, self.payment, self.by))
        return self.payment

    def flush(self) -> list[Happened]:
        """What is to be kept; from here on it counts as kept."""
        kept, self.fresh = self.fresh, []
        return kept


def let_go(life: Life, voided: PaymentVoided, why: str, at: datetime) -> Payment:
    """Void a payment; whatever the bank may hold for it is to go back."""
    after = life.happens(voided, at)
    return life.happens(ReversalRequested(why), at) if after.is_held_at_bank else after


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
    return replace(
        payment, version=recorded.seq, **EFFECTS[type(event)](payment, event)
    )


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
        event.capture,
        event.merchant_reference,
    )
