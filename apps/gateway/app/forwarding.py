"""The routes whose answers come from the services behind."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from apps.kit.errors import (
    DeadlineExceeded,
    DependencyUnavailable,
    Unauthenticated,
)
from apps.kit.openapi import problems
from apps.kit.service import wired

from ..domain.calls import Answer, Call
from ..ports import Ports
from ..usecases.forwarding import check_token, forward

Wired = Annotated[Ports, Depends(wired)]


async def known(request: Request, ports: Wired) -> None:
    """Let nobody in without the token."""
    given = request.headers.getlist("authorization")
    check_token(given[0] if len(given) == 1 else "", ports.token)


router = APIRouter(
    prefix="/api/v1",
    tags=["payments"],
    dependencies=[Depends(known)],
    responses=problems(Unauthenticated, DependencyUnavailable, DeadlineExceeded),
)


@router.post("/payments", status_code=201)
async def create_payment(request: Request, ports: Wired) -> Response:
    """Pay by card; a refusal is an answer too."""
    return await _forwarded("/payments", request, ports)


@router.get("/payments")
async def list_payments(request: Request, ports: Wired) -> Response:
    """List payments, newest first, a page at a time."""
    return await _forwarded("/payments", request, ports)


@router.get("/payments/{payment_id}")
async def get_payment(payment_id: UUID, request: Request, ports: Wired) -> Response:
    """Show a payment as it stands."""
    return await _forwarded(f"/payments/{payment_id}", request, ports)


@router.get("/payments/{payment_id}/events")
async def list_events(payment_id: UUID, request: Request, ports: Wired) -> Response:
    """Tell all that happened to a payment, in order."""
    return await _forwarded(f"/payments/{payment_id}/events", request, ports)


@router.post("/payments/{payment_id}/captures", status_code=201)
async def create_capture(payment_id: UUID, request: Request, ports: Wired) -> Response:
    """Take what was authorised, or a part of it; the rest is released."""
    return await _forwarded(f"/payments/{payment_id}/captures", request, ports)


@router.post("/payments/{payment_id}/voids", status_code=201)
async def create_void(payment_id: UUID, request: Request, ports: Wired) -> Response:
    """Let an authorised payment go."""
    return await _forwarded(f"/payments/{payment_id}/voids", request, ports)


@router.post("/payments/{payment_id}/refunds", status_code=201)
async def create_refund(payment_id: UUID, request: Request, ports: Wired) -> Response:
    """Give back what was captured, or a part of it."""
    return await _forwarded(f"/payments/{payment_id}/refunds", request, ports)


@router.get("/pos", tags=["reference"])
async def list_terminals(request: Request, ports: Wired) -> Response:
    """List the terminals, and whose they are."""
    return await _forwarded("/pos", request, ports)


@router.get("/cards", tags=["reference"])
async def list_cards(request: Request, ports: Wired) -> Response:
    """List cards that were seen, masked; a hundred at most."""
    return await _forwarded("/cards", request, ports)


async def _forwarded(path: str, request: Request, ports: Ports) -> Response:
    """Let payments answer; what was asked passes as it is."""
    query = request.url.query
    where = f"{path}?{query}" if query else path
    headers, body = request.headers.items(), await request.body()
    call = Call(request.method, where, headers, body)
    return _response(await forward(call, ports.payments))


def _response(answer: Answer) -> Response:
    return Response(answer.body, answer.status, dict(answer.headers))
