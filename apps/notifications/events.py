"""What notifications hears of payments, the job that comes of it, and the webhook."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from pydantic import BaseModel

from apps.kit.events import CloudEvent, event_id

from .domain.notification import Notification, notification_id

AUTHORISED = "pay.v1.payment.authorised"
DECLINED = "pay.v1.payment.declined"
CAPTURED = "pay.v1.payment.captured"
VOIDED = "pay.v1.payment.voided"
REFUNDED = "pay.v1.payment.refunded"
SETTLED = "pay.v1.payment.settled"
STANDIN_RECONCILED = "pay.v1.payment.standin_reconciled"

WEBHOOK = "jobs.v1.webhook"


class PaymentChanged(BaseModel):
    """The fields that a merchant is told; those below depend on what happened."""

    payment_id: UUID
    merchant_id: str
    pos_id: str
    status: str
    amount: int
    currency: str
    brand: str
    last4: str

    response_code: str | None = None
    network_code: str | None = None
    processing_mode: str | None = None
    source: str | None = None
    capture_id: UUID | None = None
    captured: int | None = None
    void_id: UUID | None = None
    reason: str | None = None
    refund_id: UUID | None = None
    refunded: int | None = None
    refunded_total: int | None = None
    batch_id: UUID | None = None
    gross: int | None = None
    fee: int | None = None
    net: int | None = None
    outcome: str | None = None


class Webhook(BaseModel):
    """The body that a merchant gets (Standard Webhooks)."""

    type: str
    timestamp: datetime
    data: dict[str, Any]


class WebhookJob(BaseModel):
    """One attempt, for whichever worker takes it."""

    notification_id: UUID
    target_ref: str
    attempt: int


ANNOUNCES: Mapping[str, type[BaseModel]] = {WEBHOOK: WebhookJob}


def notification(
    event: CloudEvent[PaymentChanged],
    target: str,
    at: datetime,
    traceparent: str | None,
) -> Notification:
    """What an event means for one endpoint."""
    webhook = Webhook(
        type=event.type.removeprefix("pay.v1."),
        timestamp=event.time,
        data=event.data.model_dump(mode="json", exclude_none=True),
    )
    return Notification(
        id=notification_id(event.id, target),
        merchant_id=event.data.merchant_id,
        payment_id=event.data.payment_id,
        target=target,
        event_id=event.id,
        type=webhook.type,
        body=webhook.model_dump_json(),
        created_at=at,
        traceparent=traceparent,
        next_at=at,
    )


def job(notification: Notification, at: datetime) -> CloudEvent[WebhookJob]:
    """The next attempt; asked for twice it is the same job, unless that one was lost.

    A lost one would be known by its id: to the outbox for good, to the stream a while.
    """
    attempt = notification.attempt + 1
    known = event_id(notification.id, attempt)
    return CloudEvent(
        id=uuid5(known, at.isoformat()) if notification.is_lost else known,
        source="/notifications",
        type=WEBHOOK,
        subject=str(notification.id),
        time=at,
        sequence=attempt,
        data=WebhookJob(
            notification_id=notification.id,
            target_ref=notification.target,
            attempt=attempt,
        ),
    )
