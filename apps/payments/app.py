"""The HTTP face of payments."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Response
from pydantic import BaseModel, ConfigDict, Field, SecretStr, StrictInt

from apps.kit.service import wired
from apps.kit.values import Cents, Pan

from . import usecases
from .domain.cards import Expiry
from .domain.payment import Payment
from .domain.rules import Decision, Order
from .idempotency import key_of
from .ports import Answer, Ports

Wired = Annotated[Ports, Depends(wired)]

router = APIRouter(prefix="/payments", tags=["payments"])


class CardIn(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    number: Annotated[SecretStr, Field(min_length=1, max_length=32)]
    expiry: Annotated[str, Field(pattern=r"^(0[1-9]|1[0-2])/\d{2}$")]


class PaymentIn(BaseModel):
    """An order: `amount` in minor units of `currency` (ISO 4217), `expiry` MM/YY."""

    model_config = ConfigDict(
        extra="forbid",
        hide_input_in_errors=True,
        json_schema_extra={
            "examples": [
                {
                    "pos_id": "POS-01",
                    "card": {"number": "5204460010000007", "expiry": "12/30"},
                    "amount": 25_000,
                    "currency": "EUR",
                }
            ]
        },
    )

    pos_id: Annotated[str, Field(pattern=r"^[^\x00]{1,32}$")]
    card: CardIn
    amount: Annotated[StrictInt, Field(ge=10, le=99_999_999)]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]

    def order(self) -> Order:
        pan = Pan.of(self.card.number.get_secret_value())
        expiry = Expiry.of(self.card.expiry)
        return Order(self.pos_id, pan, expiry, Cents(self.amount), self.currency)


class PaymentOut(BaseModel):
    """A payment with its answer; a refusal is an answer too.

    Between order and answer it is `received`, and the fields of the answer are null.
    """

    payment_id: UUID
    status: str
    response_code: str | None
    network_code: str | None
    processing_mode: str | None
    authorisation: dict[str, Any] | None
    card: dict[str, str]
    merchant_id: str
    pos_id: str
    amount: int
    currency: str
    created_at: datetime
    trace_id: str
    links: Annotated[dict[str, Any], Field(serialization_alias="_links")]

    @classmethod
    def of(cls, payment: Payment) -> Self:
        decision, card = payment.decision, payment.card
        return cls(
            payment_id=payment.payment_id,
            status=payment.status,
            card={"token": str(card.token), "brand": card.brand, "last4": card.last4},
            merchant_id=payment.merchant_id,
            pos_id=payment.pos_id,
            amount=payment.amount,
            currency=payment.currency,
            created_at=payment.created_at,
            trace_id=payment.trace_id,
            links={"self": {"href": path_of(payment.payment_id)}},
            **_answer(decision),
        )


def _answer(decision: Decision | None) -> dict[str, Any]:
    if decision is None:
        names = ("response_code", "network_code", "processing_mode", "authorisation")
        return dict.fromkeys(names)
    return {
        "response_code": decision.reason,
        "network_code": decision.network_code,
        "processing_mode": decision.mode,
        "authorisation": {
            "source": decision.source,
            "id": decision.authorisation_id,
            "attempts": decision.attempts,
        },
    }


def path_of(payment_id: UUID) -> str:
    """Where the outside finds it."""
    return f"/api/v1/payments/{payment_id}"


def render(payment: Payment) -> bytes:
    """The answer's bytes."""
    return PaymentOut.of(payment).model_dump_json(by_alias=True).encode()


def _headers(answer: Answer) -> dict[str, str]:
    headers = {"Location": path_of(answer.payment_id)}
    if answer.first_at is None:
        return headers
    first = answer.first_at.isoformat().replace("+00:00", "Z")
    again = {"Idempotent-Replayed": "true", "Idempotency-First-Request-At": first}
    return headers | again


@router.post("", status_code=201, response_model=PaymentOut)
async def create_payment(
    body: PaymentIn,
    ports: Wired,
    idempotency_key: Annotated[list[str] | None, Header()] = None,
) -> Response:
    """Answer a card payment; a refusal is an answer too, and asked again it is the same."""
    key = key_of(idempotency_key or [])
    answer = await usecases.pay(body.order(), key, ports)
    return Response(answer.body, 201, _headers(answer), "application/json")


@router.get("/{payment_id}")
async def get_payment(payment_id: UUID, ports: Wired) -> PaymentOut:
    """Show a payment as it stands."""
    return PaymentOut.of(await usecases.find(payment_id, ports))
