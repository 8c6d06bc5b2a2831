"""Dead letters of all services: list them, open one, replay one."""

from datetime import datetime
from typing import Annotated, Any, Self

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, ConfigDict

from apps.kit.auth import may
from apps.kit.dlq import DeadLetter
from apps.kit.errors import DependencyUnavailable
from apps.kit.openapi import problems
from apps.kit.service import wired

from ..ports import Ports
from ..usecases import burials

Wired = Annotated[Ports, Depends(wired)]
LetterId = Annotated[int, Path(ge=1, le=2**63 - 1, examples=[17])]

router = APIRouter(
    prefix="/ops/dlq",
    tags=["ops"],
    dependencies=[may("ops")],
    responses=problems(DependencyUnavailable),
)

EXAMPLE: dict[str, Any] = {
    "id": 17,
    "consumer": "fraud-count_card",
    "subject": "pay.v1.payment.authorised",
    "event_id": "0f6a9d0e-6f9b-5a44-9a57-2f3f0c1f3c55",
    "error": "UndefinedTableError",
    "deliveries": 6,
    "first_at": "2026-03-01T12:00:00Z",
    "died_at": "2026-03-01T12:01:41Z",
    "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
}


class LetterOut(BaseModel):
    """An event that a hearer could not take; `id` is its place among the letters."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    id: int
    consumer: str
    subject: str
    event_id: str
    error: str
    deliveries: int
    first_at: datetime
    died_at: datetime
    traceparent: str | None

    @classmethod
    def of(cls, letter: DeadLetter) -> Self:
        return cls(**{name: getattr(letter, name) for name in cls.model_fields})


@router.get("")
async def list_letters(
    ports: Wired, limit: Annotated[int, Query(ge=1, le=100)] = 20
) -> list[LetterOut]:
    """List what no hearer could take, oldest first."""
    return [LetterOut.of(each) for each in await burials.letters(limit, ports)]


@router.get("/{letter_id}", responses=problems(burials.UnknownLetter))
async def get_letter(letter_id: LetterId, ports: Wired) -> LetterOut:
    """Open a letter."""
    return LetterOut.of(await burials.find(letter_id, ports))


@router.post(
    "/{letter_id}/replay",
    status_code=202,
    responses=problems(burials.UnknownLetter, burials.NotReplayed),
)
async def replay_letter(letter_id: LetterId, ports: Wired) -> LetterOut:
    """Send the event to that hearer again, in the trace it died in."""
    return LetterOut.of(await burials.replay(letter_id, ports))
