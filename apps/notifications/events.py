"""What notifications hears."""

from uuid import UUID

from pydantic import BaseModel

from .domain import Notification

AUTHORISED = "pay.v1.payment.authorised"
DECLINED = "pay.v1.payment.declined"


class PaymentDecided(BaseModel):
    """The fields that notifications reads."""

    payment_id: UUID
    merchant_id: str
    status: str

    def notification(self) -> Notification:
        return Notification(self.payment_id, self.merchant_id, self.status)
