"""What a merchant sends to pay, and sees of a payment."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, Secret, SecretStr, StrictInt

from apps.kit.auth import Caller
from apps.kit.masking import CARDLESS
from apps.kit.values import Cents, Cvv, Pan

from ..domain.cards import Card, Expiry
from ..domain.orders import CaptureMethod, Order, Screening
from ..domain.payment import Payment, Status
from ..domain.rules import Decision

BASE = "/api/v1/payments"
"""Where the outside finds payments."""


Amount = Annotated[StrictInt, Field(ge=10, le=99_999_999)]
"""In minor units of the currency (ISO 4217)."""

Reference = Annotated[
    str,
    Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:/#-]{0,63}$"),
    CARDLESS,
]

Verification = Annotated[
    Secret[Annotated[str, Field(pattern=r"^[0-9]{3,4}$")]],
    Field(json_schema_extra={"format": "password", "writeOnly": True}),
]


class CardIn(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    number: Annotated[SecretStr, Field(min_length=1, max_length=32)]
    expiry: Annotated[str, Field(pattern=r"^(0[1-9]|1[0-2])/[0-9]{2}$")]
    cvv: Verification | None = None

    def verification(self) -> Cvv | None:
        return Cvv(self.cvv.get_secret_value()) if self.cvv else None


EXAMPLE: dict[str, Any] = {
    "pos_id": "POS-01",
    "card": {"number": "5204460010000007", "expiry": "12/30"},
    "amount": 25_000,
    "currency": "EUR",
    "capture": "automatic",
    "merchant_reference": "order-4711",
}


class PaymentIn(BaseModel):
    """An order: `amount` in minor units of `currency` (ISO 4217), `expiry` MM/YY.

    `capture` says whether the money moves by itself soon after, or when asked for; the
    merchant's habit if left out. `merchant_reference` names one payment, for ever.
    """

    model_config = ConfigDict(
        extra="forbid",
        hide_input_in_errors=True,
        json_schema_extra={"examples": [EXAMPLE]},
    )

    pos_id: Annotated[str, Field(pattern=r"^[^\x00]{1,32}$")]
    card: CardIn
    amount: Amount
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    capture: CaptureMethod | None = None
    merchant_reference: Reference | None = None

    def order(self) -> Order:
        return Order(
            self.pos_id,
            Pan.of(self.card.number.get_secret_value()),
            Expiry.of(self.card.expiry),
            Cents(self.amount),
            self.currency,
            self.card.verification(),
            self.capture,
            self.merchant_reference,
        )


class PaymentOut(BaseModel):
    """A payment with its answer; a refusal is an answer too.

    Between order and answer it is `received` or `pending`, and the fields of the answer
    are null. `_links` hold what the caller can do with it as it is; an answer that is
    repeated has the links of the caller who asked first.
    """

    payment_id: UUID
    status: Status
    response_code: str | None
    network_code: str | None
    processing_mode: str | None
    authorisation: dict[str, Any] | None
    card: dict[str, str]
    merchant_id: str
    pos_id: str
    amount: int
    currency: str
    captured: int
    refunded: int
    fraud: dict[str, Any] | None
    merchant_reference: str | None
    created_at: datetime
    trace_id: str
    links: Annotated[dict[str, Any], Field(serialization_alias="_links")]

    @classmethod
    def of(cls, payment: Payment, caller: Caller) -> Self:
        return cls(
            payment_id=payment.payment_id,
            status=payment.status,
            card=_shown(payment.card),
            merchant_id=payment.merchant_id,
            pos_id=payment.pos_id,
            amount=payment.amount,
            currency=payment.currency,
            captured=payment.captured,
            refunded=payment.refunded,
            fraud=_screened(payment.fraud),
            merchant_reference=payment.merchant_reference,
            created_at=payment.created_at,
            trace_id=payment.trace_id,
            links=links(payment, caller),
            **_answer(payment.decision),
        )


def path_of(payment_id: UUID) -> str:
    """Where the outside finds it."""
    return f"{BASE}/{payment_id}"


def links(payment: Payment, caller: Caller) -> dict[str, Any]:
    """What this caller can do with a payment as it is (HAL)."""
    here = path_of(payment.payment_id)
    found: dict[str, Any] = {"self": {"href": here}}
    if "audit:read" in caller.scopes:
        found["events"] = {"href": f"{here}/events"}
    if "payments:write" not in caller.scopes:
        return found
    if payment.status is Status.AUTHORISED:
        found["capture"] = {"href": f"{here}/captures", "method": "POST"}
        found["void"] = {"href": f"{here}/voids", "method": "POST"}
    if payment.refundable > 0:
        found["refund"] = {"href": f"{here}/refunds", "method": "POST"}
    return found


def _screened(fraud: Screening | None) -> dict[str, Any] | None:
    return {"status": fraud.status, "checked": fraud.checked} if fraud else None


def _shown(card: Card) -> dict[str, str]:
    return {"token": str(card.token), "brand": card.brand, "last4": card.last4}


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
