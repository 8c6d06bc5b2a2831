"""What the back office shows of a payment."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from apps.kit.values import Cents


@dataclass(frozen=True, slots=True)
class PaymentView:
    payment_id: UUID
    merchant_id: str
    pos_id: str
    brand: str
    last4: str
    amount: Cents
    currency: str
    status: str
    response_code: str
    processing_mode: str
    created_at: datetime
    trace_id: str
