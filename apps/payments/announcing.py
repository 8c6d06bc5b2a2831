"""What others are told of what happens to a payment."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from apps.kit.events import CloudEvent, event_id

from .domain.changes import (
    PaymentAuthorised,
    PaymentCaptured,
    PaymentDeclined,
    PaymentReceived,
    PaymentRefunded,
    PaymentSettled,
    PaymentVoided,
    StandInReconciled,
)
from .domain.ledger import CAPTURE
from .domain.payment import Happened, Payment, step_id
from .domain.rules import Decision
from .domain.settlement import Batch
from .events import (
    AUTHORISED,
    CAPTURED,
    DECLINED,
    MERCHANT_SETTLED,
    OF_PAYMENTS,
    RECEIVED,
    RECONCILED,
    REFUNDED,
    SETTLED,
    VOIDED,
    Announced,
    MerchantSettled,
)

_SUBJECTS: Final[Mapping[type, str]] = MappingProxyType(
    {
        PaymentReceived: RECEIVED,
        PaymentAuthorised: AUTHORISED,
        PaymentDeclined: DECLINED,
        PaymentCaptured: CAPTURED,
        PaymentVoided: VOIDED,
        PaymentRefunded: REFUNDED,
        PaymentSettled: SETTLED,
        StandInReconciled: RECONCILED,
    }
)


def announcements(happened: Sequence[Happened]) -> Iterator[CloudEvent[Announced]]:
    """What is told of what happens at once.

    An order that is decided in the moment it comes in is told by its decision alone.
    """
    decided = any(
        isinstance(each.event, PaymentAuthorised | PaymentDeclined) for each in happened
    )
    for each in happened:
        if not (decided and isinstance(each.event, PaymentReceived)):
            event = announcement(each)
            if event:
                yield event


def announcement(happened: Happened) -> CloudEvent[Announced] | None:
    """What others are told of an event; of some, nothing."""
    subject = _SUBJECTS.get(type(happened.event))
    if subject is None:
        return None
    recorded, payment = happened.recorded, happened.payment
    data = OF_PAYMENTS[subject](**_common(payment), **_own(happened))
    return CloudEvent(
        id=event_id(payment.payment_id, recorded.seq),
        source="/payments",
        type=subject,
        subject=str(payment.payment_id),
        time=recorded.at,
        sequence=recorded.seq,
        partitionkey=str(payment.payment_id),
        data=data,
    )


def payout(batch: Batch, at: datetime) -> CloudEvent[MerchantSettled]:
    """What others are told of a batch."""
    return CloudEvent(
        id=event_id(batch.batch_id, 1),
        source="/payments",
        type=MERCHANT_SETTLED,
        subject=str(batch.batch_id),
        time=at,
        sequence=1,
        partitionkey=str(batch.batch_id),
        data=MerchantSettled(
            batch_id=batch.batch_id,
            merchant_id=batch.merchant_id,
            currency=batch.currency,
            payments=len(batch.debts),
            gross=batch.gross,
            refunds=batch.refunds,
            fees=batch.fees,
            net=batch.net,
            at=at,
        ),
    )


def _common(payment: Payment) -> dict[str, Any]:
    return {
        "payment_id": payment.payment_id,
        "merchant_id": payment.merchant_id,
        "pos_id": payment.pos_id,
        "card_token": payment.card.token,
        "brand": payment.card.brand,
        "last4": payment.card.last4,
        "amount": payment.amount,
        "currency": payment.currency,
        "status": payment.status,
        "created_at": payment.created_at,
        "trace_id": payment.trace_id,
    }


def _own(happened: Happened) -> dict[str, Any]:
    """What the event says of itself."""
    event, payment = happened.event, happened.payment
    match event:
        case PaymentReceived():
            own: dict[str, Any] = {"capture": event.capture}
        case PaymentCaptured():
            own = _captured(payment, event)
        case PaymentVoided():
            own = {"void_id": event.void_id, "reason": event.reason}
        case PaymentRefunded():
            own = _refunded(payment, event)
        case PaymentSettled():
            own = asdict(event)
        case StandInReconciled():
            exposed = payment.captured or payment.amount
            own = {"outcome": event.outcome, "exposure_delta": -exposed}
        case _:
            own = _answer(payment.decision)
    return own


def _captured(payment: Payment, event: PaymentCaptured) -> dict[str, Any]:
    return {
        "capture_id": event.capture_id,
        "captured": event.amount,
        "fee": event.fee,
        "ledger_tx": step_id(payment.payment_id, CAPTURE),
    }


def _refunded(payment: Payment, event: PaymentRefunded) -> dict[str, Any]:
    return {
        "refund_id": event.refund_id,
        "refunded": event.amount,
        "refunded_total": payment.refunded,
        "ledger_tx": step_id(payment.payment_id, f"refund:{event.refund_id}"),
    }


def _answer(decision: Decision | None) -> dict[str, Any]:
    if decision is None:
        return {}
    return {
        "response_code": decision.reason,
        "network_code": decision.network_code,
        "processing_mode": decision.mode,
        "source": decision.source,
        "attempts": decision.attempts,
    }
