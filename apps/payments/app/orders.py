"""Paying by card, and looking at a payment."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header, Response

from apps.kit.auth import Caller

from ..domain.idempotency import Answer
from ..domain.payment import Payment
from ..idempotency import key_of
from ..usecases.move import find
from ..usecases.pay import pay
from .bodies import PaymentIn, PaymentOut, path_of
from .callers import Reading, Writing
from .refusals import ORDERED, SHOWN

Key = Annotated[list[str] | None, Header(alias="Idempotency-Key")]
Milliseconds = Annotated[int | None, Header(alias="Request-Timeout-Ms", ge=1)]
"""Checked here; the kit has heard it before (`deadlines.py`)."""

router = APIRouter(prefix="/payments", tags=["payments"])


def render(payment: Payment, caller: Caller) -> bytes:
    """The answer's bytes."""
    return PaymentOut.of(payment, caller).model_dump_json(by_alias=True).encode()


def said(answer: Answer) -> Response:
    """An answer, given for the first time or again."""
    refused = answer.status >= 400
    headers = {} if refused else {"Location": path_of(answer.payment_id)}
    if answer.first_at is not None:
        first = answer.first_at.isoformat().replace("+00:00", "Z")
        headers["Idempotent-Replayed"] = "true"
        headers["Idempotency-First-Request-At"] = first
    kind = "application/problem+json" if refused else "application/json"
    return Response(answer.body, answer.status, headers, kind)


@router.post(
    "",
    status_code=201,
    response_model=PaymentOut,
    responses={
        202: {"model": PaymentOut, "description": "The bank is still silent"},
        **ORDERED,
    },
)
async def create_payment(
    body: PaymentIn, ports: Writing, key: Key = None, _timeout_ms: Milliseconds = None
) -> Response:
    """Answer a card payment; a refusal is an answer too, and asked again it is the same."""
    return said(await pay(body.order(), key_of(key or []), ports))


@router.get(
    "/{payment_id}",
    response_model=PaymentOut,
    responses={304: {"description": "It is as its ETag says"}, **SHOWN},
)
async def get_payment(
    payment_id: UUID,
    ports: Reading,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Any:
    """Show a payment as it stands; its ETag changes with it."""
    payment = await find(payment_id, ports)
    etag = f'"{payment.version}"'
    if if_none_match and etag in {tag.strip() for tag in if_none_match.split(",")}:
        return Response(status_code=304, headers={"ETag": etag})
    body = render(payment, ports.caller)
    return Response(body, headers={"ETag": etag}, media_type="application/json")
