"""The HTTP face of notifications."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from apps.kit.service import wired

from . import usecases
from .domain import Notification
from .usecases import Ports

Wired = Annotated[Ports, Depends(wired)]

router = APIRouter(prefix="/notifications", tags=["notifications"])


@router.get("")
async def list_notifications(payment_id: UUID, ports: Wired) -> Sequence[Notification]:
    """List what a merchant is told of a payment."""
    return await usecases.of_payment(payment_id, ports)
