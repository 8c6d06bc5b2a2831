"""The HTTP face of notifications."""

from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from apps.kit.service import wired

from . import usecases
from .domain import Notification
from .usecases import Ports

Wired = Annotated[Ports, Depends(wired)]

router = APIRouter(prefix="/notifications", tags=["notifications"])


class NotificationOut(BaseModel):
    """What a merchant is told."""

    payment_id: UUID
    merchant_id: str
    status: str

    @classmethod
    def of(cls, notification: Notification) -> Self:
        return cls(
            payment_id=notification.payment_id,
            merchant_id=notification.merchant_id,
            status=notification.status,
        )


@router.get("")
async def list_notifications(payment_id: UUID, ports: Wired) -> list[NotificationOut]:
    """List what a merchant is told of a payment."""
    return [
        NotificationOut.of(notification)
        for notification in await usecases.of_payment(payment_id, ports)
    ]
