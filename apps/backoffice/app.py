"""The HTTP face of the back office."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from apps.kit.service import wired

from . import usecases
from .domain import PaymentView
from .usecases import Ports

Wired = Annotated[Ports, Depends(wired)]

router = APIRouter(prefix="/payments", tags=["payments"])


class PaymentViewOut(BaseModel):
    """A payment as its merchant sees it; `amount` in minor units of `currency`."""

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

    @classmethod
    def of(cls, view: PaymentView) -> Self:
        return cls(**asdict(view))


@router.get("/{payment_id}")
async def get_payment(payment_id: UUID, ports: Wired) -> PaymentViewOut:
    """Show a payment as the events told it."""
    return PaymentViewOut.of(await usecases.find(payment_id, ports))
