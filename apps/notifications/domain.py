"""What a merchant is to be told."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Notification:
    payment_id: UUID
    merchant_id: str
    status: str
