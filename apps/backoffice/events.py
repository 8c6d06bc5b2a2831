"""What the back office hears: the fields that it reads, by subject."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from apps.kit.events import CloudEvent

from .domain.changes import Change, Flag, Heard, Kind, Payout

PAYMENTS = "pay.v1.payment.>"
"""New kinds of events are heard before they are understood: they move the position."""

RECEIVED = "pay.v1.payment.received"
AUTHORISED = "pay.v1.payment.authorised"
DECLINED = "pay.v1.payment.declined"
CAPTURED = "pay.v1.payment.captured"
VOIDED = "pay.v1.payment.voided"
REFUNDED = "pay.v1.payment.refunded"
SETTLED = "pay.v1.payment.settled"
RECONCILED = "pay.v1.payment.standin_reconciled"
MERCHANT_SETTLED = "pay.v1.merchant.settled"
FLAGGED = "pay.v1.fraud.card.flagged"


class Payment(BaseModel):
    """What every event of a payment says; `status` is the one after it."""

    payment_id: UUID
    merchant_id: str
    pos_id: str
    card_token: UUID
    brand: str
    last4: str
    amount: int
    currency: str
    status: str
    created_at: datetime
    trace_id: str


class PaymentDecided(Payment):
    """The fields that the back office reads of an answer to a payment."""

    response_code: str
    network_code: str
    processing_mode: str
    source: str
    attempts: int


class PaymentCaptured(Payment):
    """The fields that the back office reads of a capture."""

    captured: int
    fee: int


class PaymentVoided(Payment):
    """The fields that the back office reads of a void."""

    reason: str


class PaymentRefunded(Payment):
    """The fields that the back office reads of a refund."""

    refunded: int
    refunded_total: int


class PaymentSettled(Payment):
    """The fields that the back office reads of a payment that was paid out."""

    net: int


class StandInReconciled(Payment):
    """The fields that the back office reads of the bank's later word."""

    outcome: str


class MerchantSettled(BaseModel):
    """The fields that the back office reads of a payout."""

    merchant_id: str
    currency: str
    net: int


class CardFlagged(BaseModel):
    """The fields that the back office reads of a card's new status."""

    card_token: UUID
    status: str
    previous: str
    count: int
    at: datetime


class Anything(BaseModel):
    """The data of an event whose type says how to read it."""

    model_config = ConfigDict(extra="allow")


HEARS: Mapping[str, type[BaseModel]] = {
    RECEIVED: Payment,
    AUTHORISED: PaymentDecided,
    DECLINED: PaymentDecided,
    CAPTURED: PaymentCaptured,
    VOIDED: PaymentVoided,
    REFUNDED: PaymentRefunded,
    SETTLED: PaymentSettled,
    RECONCILED: StandInReconciled,
    MERCHANT_SETTLED: MerchantSettled,
    FLAGGED: CardFlagged,
}

_ENVELOPES = {subject: CloudEvent[model] for subject, model in HEARS.items()}  # type: ignore[valid-type]


def read(event: CloudEvent[Any], stream_seq: int) -> Heard:
    """Understand an event; one of an unknown type says nothing to us.

    Raises ValidationError when it is not what its type promises.
    """
    model = HEARS.get(event.type)
    if model is None:
        return Heard(event.id, stream_seq, event.time, None)
    data = event.data
    if not isinstance(data, model):
        data = model.model_validate(data.model_extra)
    return Heard(event.id, stream_seq, event.time, _said(event, data))


def parsed(subject: str, payload: bytes, stream_seq: int) -> Heard:
    """Understand an event as the stream keeps it. Raises ValidationError."""
    envelope = _ENVELOPES.get(subject, CloudEvent[Anything])
    return read(envelope.model_validate_json(payload), stream_seq)


def _said(event: CloudEvent[Any], data: BaseModel) -> Change | Flag | Payout:
    if isinstance(data, MerchantSettled):
        return Payout(event_id=event.id, at=event.time, **dict(data))
    if isinstance(data, CardFlagged):
        return Flag(version=event.sequence or 0, **dict(data))
    return Change(
        event_id=event.id,
        kind=Kind(event.type.rpartition(".")[2]),
        version=event.sequence or 0,
        at=event.time,
        **dict(data),
    )
