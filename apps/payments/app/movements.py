"""Capture, void and refund."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field, StrictInt

from apps.kit.auth import Caller
from apps.kit.signals import trace_id
from apps.kit.values import Cents, now

from ..domain.payment import Payment
from ..idempotency import key_of
from ..usecases import move
from .bodies import PaymentOut, path_of
from .callers import Writing
from .orders import Key, said
from .refusals import MOVED, MOVED_IN_PART

router = APIRouter(prefix="/payments/{payment_id}", tags=["payments"])

Part = Annotated[StrictInt, Field(ge=1, le=99_999_999)]


class AmountIn(BaseModel):
    """How much, in minor units; all that there is if left out."""

    model_config = ConfigDict(
        extra="forbid",
        hide_input_in_errors=True,
        json_schema_extra={"examples": [{"amount": 10_000}, {}]},
    )

    amount: Part | None = None

    def cents(self) -> Cents | None:
        return None if self.amount is None else Cents(self.amount)


class NothingIn(BaseModel):
    """A void is whole: there is nothing to say about it."""

    model_config = ConfigDict(
        extra="forbid", hide_input_in_errors=True, json_schema_extra={"examples": [{}]}
    )


class MovementOut(BaseModel):
    """What was done, and the payment after it; `amount` in minor units."""

    movement_id: UUID
    kind: str
    payment_id: UUID
    amount: int
    currency: str
    created_at: datetime
    trace_id: str
    payment: PaymentOut
    links: Annotated[dict[str, Any], Field(serialization_alias="_links")]


def render_movement(
    kind: str, movement_id: UUID, amount: Cents, payment: Payment, caller: Caller
) -> bytes:
    """The answer's bytes."""
    out = MovementOut(
        movement_id=movement_id,
        kind=kind,
        payment_id=payment.payment_id,
        amount=amount,
        currency=payment.currency,
        created_at=now(),
        trace_id=trace_id(),
        payment=PaymentOut.of(payment, caller),
        links={"payment": {"href": path_of(payment.payment_id)}},
    )
    return out.model_dump_json(by_alias=True).encode()


@router.post(
    "/captures", status_code=201, response_model=MovementOut, responses=MOVED_IN_PART
)
async def create_capture(
    payment_id: UUID, ports: Writing, body: AmountIn | None = None, key: Key = None
) -> Response:
    """Take what was authorised, or a part of it; the rest is released."""
    amount = body.cents() if body else None
    return said(await move.capture(payment_id, amount, key_of(key or []), ports))


@router.post("/voids", status_code=201, response_model=MovementOut, responses=MOVED)
async def create_void(
    payment_id: UUID, ports: Writing, body: NothingIn | None = None, key: Key = None
) -> Response:
    """Let an authorised payment go."""
    return said(await move.void(payment_id, key_of(key or []), ports))


@router.post(
    "/refunds", status_code=201, response_model=MovementOut, responses=MOVED_IN_PART
)
async def create_refund(
    payment_id: UUID, ports: Writing, body: AmountIn | None = None, key: Key = None
) -> Response:
    """Give back what was captured, or a part of it."""
    amount = body.cents() if body else None
    return said(await move.refund(payment_id, amount, key_of(key or []), ports))
