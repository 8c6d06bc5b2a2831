"""What operators do: steps that are stuck, and what to do about them."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel

from ..domain.sagas import Step
from ..usecases import unstick
from .callers import Operating
from .refusals import LISTED, UNSTUCK

router = APIRouter(prefix="/ops/steps", tags=["ops"])


class StuckOut(BaseModel):
    """A step that the bank refused for good; `error` is the bank's code."""

    payment_id: UUID
    step: Step
    attempts: int
    error: str
    since: datetime


@router.get("", responses=LISTED)
async def list_stuck(ports: Operating) -> list[StuckOut]:
    """List the steps that wait for somebody to look, oldest first."""
    return [
        StuckOut(
            payment_id=each.payment_id,
            step=each.step,
            attempts=each.attempts,
            error=each.error,
            since=each.since,
        )
        for each in await unstick.stuck(ports)
    ]


@router.post("/{payment_id}/{step}/retry", status_code=202, responses=UNSTUCK)
async def retry_step(payment_id: UUID, step: Step, ports: Operating) -> dict[str, str]:
    """Have a step tried again, once what kept the bank from it is mended."""
    await unstick.retry(payment_id, step, ports)
    return {"state": "due"}
