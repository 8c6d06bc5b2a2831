"""What payments announces."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from apps.kit.events import CloudEvent, event_id

from .domain.payment import Payment
from .domain.rules import Decision, Verdict

AUTHORISED = "pay.v1.payment.authorised"
DECLINED = "pay.v1.payment.declined"

_SUBJECTS = {Verdict.AUTHORISED: AUTHORISED, Verdict.DECLINED: DECLINED}


class PaymentDecided(BaseModel):
    """A payment has its answer. Amounts in minor units of `currency`."""

    model_config = ConfigDict(frozen=True)

    payment_id: UUID
    merchant_id: str
    pos_id: str
    card_token: UUID
    brand: str
    last4: str
    amount: int
    currency: str
    status: str
    response_code: str
    network_code: str
    processing_mode: str
    source: str
    attempts: int
    created_at: datetime
    trace_id: str

    @classmethod
    def of(cls, payment: Payment, decision: Decision) -> CloudEvent[Self]:
        """Put the payment's answer in its envelope."""
        data = cls(
            payment_id=payment.payment_id,
            merchant_id=payment.merchant_id,
            pos_id=payment.pos_id,
            card_token=payment.card.token,
            brand=payment.card.brand,
            last4=payment.card.last4,
            amount=payment.amount,
            currency=payment.currency,
            status=decision.verdict,
            response_code=decision.reason,
            network_code=decision.network_code,
            processing_mode=decision.mode,
            source=decision.source,
            attempts=decision.attempts,
            created_at=payment.created_at,
            trace_id=payment.trace_id,
        )
        return CloudEvent(
            id=event_id(payment.payment_id, payment.version),
            source="/payments",
            type=_SUBJECTS[decision.verdict],
            subject=str(payment.payment_id),
            time=payment.created_at,
            sequence=payment.version,
            partitionkey=str(payment.payment_id),
            data=data,
        )


@dataclass(frozen=True, slots=True)
class Decided:
    """What leaves when a payment is decided: the event, and the answer's bytes."""

    event: CloudEvent[PaymentDecided]
    body: bytes
