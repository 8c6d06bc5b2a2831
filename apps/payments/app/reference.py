"""What a till needs to know before it pays: terminals, and cards by their tokens."""

from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel

from ..usecases.read import cards, terminals
from .callers import Looking
from .refusals import LISTED

router = APIRouter(tags=["reference"])

CACHED = {"Cache-Control": "private, max-age=30", "Vary": "Authorization"}
"""A merchant's answer is his alone."""


class TerminalOut(BaseModel):
    pos_id: str
    merchant_id: str
    merchant: str
    location: str
    active: bool
    currency: str
    capture: str


class CardOut(BaseModel):
    """A card as everybody may see it."""

    token: UUID
    brand: str
    last4: str
    blocked: bool


@router.get("/pos", responses=LISTED)
async def list_terminals(ports: Looking, response: Response) -> list[TerminalOut]:
    """List the terminals, and whose they are; a merchant sees his own."""
    response.headers.update(CACHED)
    return [
        TerminalOut(
            pos_id=row["pos_id"],
            merchant_id=row["merchant_id"],
            merchant=row["name"],
            location=row["location"],
            active=row["active"],
            currency=row["currency"],
            capture=row["capture_method"],
        )
        for row in await terminals(ports)
    ]


@router.get("/cards", responses=LISTED)
async def list_cards(ports: Looking, response: Response) -> list[CardOut]:
    """List the newest hundred cards that were seen, masked; a merchant, seen by him."""
    response.headers.update(CACHED)
    return [
        CardOut(
            token=card.token,
            brand=card.brand,
            last4=card.last4,
            blocked=card.is_blocked,
        )
        for card in await cards(ports)
    ]
