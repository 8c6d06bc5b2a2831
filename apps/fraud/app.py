"""The HTTP face of fraud."""

from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from apps.kit.service import wired

from . import usecases
from .domain import CardRisk
from .usecases import Ports

Wired = Annotated[Ports, Depends(wired)]

router = APIRouter(prefix="/fraud/cards", tags=["cards"])


class CardRiskOut(BaseModel):
    """How often a card was used."""

    card_token: UUID
    count: int

    @classmethod
    def of(cls, risk: CardRisk) -> Self:
        return cls(card_token=risk.card_token, count=risk.count)


@router.get("/{card_token}")
async def get_card(card_token: UUID, ports: Wired) -> CardRiskOut:
    """Tell how often a card was used."""
    return CardRiskOut.of(await usecases.risk_of(card_token, ports))
