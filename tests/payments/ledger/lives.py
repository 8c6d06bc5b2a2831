"""Payments lived for the ledger's tests: the aggregate decides what may happen."""

from datetime import UTC, datetime
from itertools import count
from uuid import UUID

from apps.kit.values import Cents
from apps.payments.domain.booking import fee
from apps.payments.domain.changes import (
    Event,
    Outcome,
    PaymentAuthorised,
    PaymentCaptured,
    PaymentReceived,
    PaymentRefunded,
    PaymentVoided,
    StandInReconciled,
    VoidReason,
)
from apps.payments.domain.life import Life
from apps.payments.domain.payment import Happened
from apps.payments.domain.rules import Mode, Source

AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
TRACE = "0" * 32

_numbers = count(1)


def ids() -> UUID:
    return UUID(int=next(_numbers))


def received(amount: int = 10_000, merchant: str = "M-01") -> PaymentReceived:
    return PaymentReceived(
        merchant, "POS-01", ids(), "MASTERCARD", "0007", Cents(amount), "EUR"
    )


def authorised(source: Source = Source.BANK) -> PaymentAuthorised:
    mode = Mode.FALLBACK if source is Source.DELEGATION else Mode.STANDARD
    return PaymentAuthorised(source, "00", mode, attempts=1)


def captured(amount: int = 10_000) -> PaymentCaptured:
    return PaymentCaptured(ids(), Cents(amount), fee(Cents(amount), 140, Cents(25)))


def refunded(amount: int, refund_id: UUID | None = None) -> PaymentRefunded:
    return PaymentRefunded(refund_id or ids(), Cents(amount))


def voided(reason: VoidReason = VoidReason.MERCHANT) -> PaymentVoided:
    return PaymentVoided(ids(), reason)


def reconciled(outcome: Outcome) -> StandInReconciled:
    return StandInReconciled(outcome)


def living(payment_id: UUID, *events: Event) -> list[Happened]:
    """What happened, in order; the payment has just been received before it."""
    life = Life(payment_id, TRACE, None, "nobody")
    for event in events:
        life.happens(event, AT)
    return life.flush()
