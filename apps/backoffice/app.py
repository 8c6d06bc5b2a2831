"""The HTTP face of the back office."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from apps.kit.service import wired

from . import usecases
from .domain import PaymentView
from .usecases import Ports

Wired = Annotated[Ports, Depends(wired)]

router = APIRouter(prefix="/payments", tags=["payments"])


@router.get("/{payment_id}")
async def get_payment(payment_id: UUID, ports: Wired) -> PaymentView:
    """Show a payment as its merchant sees it; `amount` in minor units of `currency`."""
    return await usecases.find(payment_id, ports)
