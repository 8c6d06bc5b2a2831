"""Payments in every state, and one of each thing that can happen to them."""

from apps.kit.values import Cents
from apps.payments.domain.cards import Card
from apps.payments.domain.changes import (
    AuthorisationRequested,
    AuthorisationUnknown,
    Outcome,
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
    VoidReason,
)
from apps.payments.domain.life import Life
from apps.payments.domain.payment import Status
from apps.payments.domain.rules import Mode, Reason, Source
from tests.fakes import NOW, TERMINALS, ids, order

CARD = Card(ids(), "MASTERCARD", "0007")
RECEIVED = PaymentReceived.of(order(15_000), TERMINALS["POS-01"], CARD)
REQUESTED = AuthorisationRequested(ids(), 1, 2_000)
UNKNOWN = AuthorisationUnknown("deadline")
AUTHORISED = PaymentAuthorised(Source.BANK, "00", Mode.STANDARD, 1, ids())
DELEGATED = PaymentAuthorised(Source.DELEGATION, "00", Mode.FALLBACK, 1)
DECLINED = PaymentDeclined(
    Reason.AUTHORIZATION_DENIED, Source.BANK, "05", Mode.STANDARD, 1
)
REVERSAL = ReversalRequested("no answer")
REVERSED = ReversalConfirmed(tombstone=True)
RECONCILED = StandInReconciled(Outcome.CONFIRMED, ids())
REJECTED = StandInReconciled(Outcome.REJECTED)
VOIDED = PaymentVoided(ids(), VoidReason.MERCHANT)
SETTLED = PaymentSettled(ids(), Cents(15_000), Cents(235), Cents(14_765))
FLAGGED = PaymentFlagged("RED", 4)


def captured(amount: int = 15_000) -> PaymentCaptured:
    return PaymentCaptured(ids(), Cents(amount), Cents(235))


def refunded(amount: int) -> PaymentRefunded:
    return PaymentRefunded(ids(), Cents(amount))


EVENTS = [
    RECEIVED,
    REQUESTED,
    UNKNOWN,
    AUTHORISED,
    DECLINED,
    REVERSAL,
    REVERSED,
    RECONCILED,
    captured(),
    VOIDED,
    refunded(100),
    SETTLED,
    FLAGGED,
]
"""One of each kind."""

WAYS = {
    None: [],
    Status.RECEIVED: [RECEIVED],
    Status.PENDING: [RECEIVED, REQUESTED, UNKNOWN],
    Status.AUTHORISED: [RECEIVED, AUTHORISED],
    Status.DECLINED: [RECEIVED, DECLINED],
    Status.CAPTURED: [RECEIVED, AUTHORISED, captured()],
    Status.VOIDED: [RECEIVED, AUTHORISED, VOIDED],
    Status.SETTLED: [RECEIVED, AUTHORISED, captured(), SETTLED],
    Status.PARTIALLY_REFUNDED: [RECEIVED, AUTHORISED, captured(), refunded(100)],
    Status.REFUNDED: [RECEIVED, AUTHORISED, captured(), refunded(15_000)],
}
"""How a payment comes into each state."""


LET_GO = {Status.DECLINED, Status.VOIDED, Status.PENDING}


def way_to(state, event):
    """How a payment comes to where this event can happen, if it can in this state.

    A reversal is confirmed once it is requested, and only what was accepted in the bank's
    stead is reconciled.
    """
    way = list(WAYS[state])
    if isinstance(event, ReversalConfirmed) and state in LET_GO:
        way.append(REVERSAL)
    if isinstance(event, StandInReconciled):
        return [DELEGATED if each is AUTHORISED else each for each in way]
    return way


def lived(events) -> Life:
    life = Life(ids(), "0" * 32, None, "nobody")
    for event in events:
        life.happens(event, NOW)
    return life


def history_of(life: Life):
    """What is not kept yet, as it would be kept."""
    return [each.recorded for each in life.fresh]
