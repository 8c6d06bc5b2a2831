"""The HTTP face of fraud."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from apps.kit.service import wired

from . import usecases
from .domain import CardRisk
from .usecases import Ports

Wired = Annotated[Ports, Depends(wired)]

router = APIRouter(prefix="/fraud/cards", tags=["cards"])


@router.get("/{card_token}")
async def get_card(card_token: UUID, ports: Wired) -> CardRisk:
    """Tell how often a card was used."""
    return await usecases.risk_of(card_token, ports)
