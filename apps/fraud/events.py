"""What fraud hears, and what it announces."""

from collections.abc import Mapping
from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from apps.kit.events import CloudEvent, event_id

from .domain import CardRisk, Status

AUTHORISED = "pay.v1.payment.authorised"
DECLINED = "pay.v1.payment.declined"
FLAGGED = "pay.v1.fraud.card.flagged"


class PaymentDecided(BaseModel):
    """The fields that fraud reads."""

    payment_id: UUID
    card_token: UUID
    response_code: str
    created_at: datetime


class CardFlagged(BaseModel):
    """A card's status changed, up or down, with a payment made at `at`."""

    model_config = ConfigDict(frozen=True)

    card_token: UUID
    status: Status
    previous: Status
    count: int
    at: datetime

    @classmethod
    def of(cls, risk: CardRisk, previous: Status, at: datetime) -> CloudEvent[Self]:
        """Put the change in its envelope; its id is that of the status' version."""
        data = cls(
            card_token=risk.card_token,
            status=risk.status,
            previous=previous,
            count=risk.count,
            at=at,
        )
        return CloudEvent(
            id=event_id(risk.card_token, risk.version),
            source="/fraud",
            type=FLAGGED,
            subject=str(risk.card_token),
            time=at,
            sequence=risk.version,
            partitionkey=str(risk.card_token),
            data=data,
        )


ANNOUNCES: Mapping[str, type[BaseModel]] = {FLAGGED: CardFlagged}
