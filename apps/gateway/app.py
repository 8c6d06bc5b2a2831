"""The HTTP face of the gateway."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from apps.kit.service import wired

from . import usecases
from .domain import Answer, Call
from .usecases import Ports

Wired = Annotated[Ports, Depends(wired)]


async def known(request: Request, ports: Wired) -> None:
    """Let nobody in without the token."""
    usecases.check_token(request.headers.get("authorization", ""), ports.token)


router = APIRouter(prefix="/api/v1", tags=["payments"], dependencies=[Depends(known)])


@router.post("/payments", status_code=201)
async def create_payment(request: Request, ports: Wired) -> Response:
    """Pay by card; a refusal is an answer too."""
    call = Call("POST", "/payments", request.headers.items(), await request.body())
    return _response(await usecases.forward(call, ports.payments))


@router.get("/payments/{payment_id}")
async def get_payment(payment_id: UUID, request: Request, ports: Wired) -> Response:
    """Show a payment as it was decided."""
    call = Call("GET", f"/payments/{payment_id}", request.headers.items())
    return _response(await usecases.forward(call, ports.payments))


def _response(answer: Answer) -> Response:
    return Response(answer.body, answer.status, dict(answer.headers))
