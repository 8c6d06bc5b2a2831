"""What fraud hears."""

from uuid import UUID

from pydantic import BaseModel

AUTHORISED = "pay.v1.payment.authorised"
DECLINED = "pay.v1.payment.declined"


class PaymentDecided(BaseModel):
    """The fields that fraud reads."""

    payment_id: UUID
    card_token: UUID
