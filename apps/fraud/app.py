"""The HTTP face of fraud."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from apps.kit.auth import may
from apps.kit.openapi import problems
from apps.kit.service import wired

from . import usecases
from .domain import Assessment, CardRisk
from .usecases import Ports, UnknownCard

Wired = Annotated[Ports, Depends(wired)]

router = APIRouter(tags=["cards"])


class AssessmentIn(BaseModel):
    """Which card to assess: its token, never its number."""

    model_config = ConfigDict(
        extra="forbid",
        hide_input_in_errors=True,
        json_schema_extra={
            "examples": [{"card_token": "01a201d6-6977-7f2d-b858-7060ebfc14a8"}]
        },
    )

    card_token: UUID


class AssessmentsIn(BaseModel):
    """Which cards to assess at once, by their tokens."""

    model_config = ConfigDict(
        extra="forbid",
        hide_input_in_errors=True,
        json_schema_extra={
            "examples": [{"card_tokens": ["01a201d6-6977-7f2d-b858-7060ebfc14a8"]}]
        },
    )

    card_tokens: Annotated[list[UUID], Field(min_length=1, max_length=100)]


@router.get(
    "/fraud/cards/{card_token}",
    responses=problems(UnknownCard),
    dependencies=[may("fraud:read")],
)
async def get_card(card_token: UUID, ports: Wired) -> CardRisk:
    """Tell how often a card was used, and how suspicious it is."""
    return await usecases.risk_of(card_token, ports)


@router.post("/assessments", dependencies=[may("fraud:assess")])
async def create_assessment(body: AssessmentIn, ports: Wired) -> Assessment:
    """Assess a card before a payment is authorised; one that never paid is GREEN."""
    return await usecases.assess_card(body.card_token, ports)


@router.post("/assessments/batch", dependencies=[may("fraud:assess")])
async def create_assessments(body: AssessmentsIn, ports: Wired) -> Sequence[Assessment]:
    """Assess cards whose payments are about to be captured: each once, in any order."""
    return await usecases.assess_cards(body.card_tokens, ports)
