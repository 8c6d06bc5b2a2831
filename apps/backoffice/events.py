"""What the back office hears."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from apps.kit.values import Cents

from .domain import PaymentView

AUTHORISED = "pay.v1.payment.authorised"
DECLINED = "pay.v1.payment.declined"


class PaymentDecided(BaseModel):
    """The fields that the back office reads."""

    payment_id: UUID
    merchant_id: str
    pos_id: str
    brand: str
    last4: str
    amount: int
    currency: str
    status: str
    response_code: str
    processing_mode: str
    created_at: datetime
    trace_id: str

    def view(self) -> PaymentView:
        return PaymentView(
            self.payment_id,
            self.merchant_id,
            self.pos_id,
            self.brand,
            self.last4,
            Cents(self.amount),
            self.currency,
            self.status,
            self.response_code,
            self.processing_mode,
            self.created_at,
            self.trace_id,
        )
