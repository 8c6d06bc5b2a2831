"""The HTTP face of the bank."""

from dataclasses import replace
from typing import Annotated, Self, cast
from uuid import UUID

from fastapi import APIRouter, Depends, Header
from pydantic import BaseModel, ConfigDict, Field, StrictInt

from apps.kit.auth import Caller, may
from apps.kit.errors import DependencyUnavailable
from apps.kit.masking import CARDLESS
from apps.kit.openapi import problems
from apps.kit.service import wired
from apps.kit.values import Cents

from . import idempotency, usecases
from .domain.authorisations import Authorisation, Request, Reversal, Verdict
from .domain.holds import Hold, HoldState
from .idempotency import KeyReused
from .ports import Ports

Wired = Annotated[Ports, Depends(wired)]
Key = Annotated[str | None, Header(alias="Idempotency-Key")]
READS = [may("bank:read")]


async def _callers(ports: Wired, caller: Annotated[Caller, may("bank:write")]) -> Ports:
    return replace(ports, caller=caller)


Writing = Annotated[Ports, Depends(_callers)]

Amount = Annotated[StrictInt, Field(gt=0, le=99_999_999)]

REQUEST_ID = "01a201d6-6977-7f2d-b858-7060ebfc14a8"

router = APIRouter(tags=["authorisations"], responses=problems(DependencyUnavailable))


class AuthorisationIn(BaseModel):
    """A question; `amount` in minor units of `currency` (ISO 4217)."""

    model_config = ConfigDict(
        extra="forbid",
        hide_input_in_errors=True,
        json_schema_extra={
            "examples": [
                {
                    "request_id": REQUEST_ID,
                    "merchant_id": "M-01",
                    "card_token": "01a201d6-5a10-7c3e-9f3a-3d1f0a7be001",
                    "amount": 25_000,
                    "currency": "EUR",
                }
            ]
        },
    )

    request_id: UUID
    merchant_id: Annotated[str, Field(pattern=r"^[^\x00]{1,32}$"), CARDLESS]
    card_token: UUID
    amount: Amount
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]

    def request(self) -> Request:
        return Request(
            self.request_id,
            self.merchant_id,
            self.card_token,
            Cents(self.amount),
            self.currency,
        )


class ReversalIn(BaseModel):
    """What is to be undone, whether or not it arrived; the reason is a word or two."""

    model_config = ConfigDict(
        extra="forbid",
        hide_input_in_errors=True,
        json_schema_extra={
            "examples": [{"request_id": REQUEST_ID, "reason": "timeout"}]
        },
    )

    request_id: UUID
    reason: Annotated[str, Field(pattern=r"^[A-Za-z_-]{1,40}$")]


class CaptureIn(BaseModel):
    """What is paid out of the hold, in minor units; the rest is released."""

    model_config = ConfigDict(
        extra="forbid",
        hide_input_in_errors=True,
        json_schema_extra={"examples": [{"amount": 25_000}]},
    )

    amount: Amount


class AuthorisationOut(BaseModel):
    """The bank's word on a request, and what became of the amount that it holds."""

    authorisation_id: UUID
    request_id: UUID
    approved: bool
    network_code: str
    hold_state: HoldState | None

    @classmethod
    def of(cls, authorisation: Authorisation) -> Self:
        return cls(
            authorisation_id=authorisation.authorisation_id,
            request_id=authorisation.request_id,
            approved=authorisation.verdict is Verdict.APPROVED,
            network_code=authorisation.code,
            hold_state=authorisation.hold_state,
        )


class ReversalOut(BaseModel):
    """A reversal; a tombstone refuses the request that it overtook."""

    reversal_id: UUID
    request_id: UUID
    tombstone: bool
    hold_state: HoldState | None

    @classmethod
    def of(cls, reversed_: Authorisation) -> Self:
        return cls(
            reversal_id=cast("Reversal", reversed_.reversal).reversal_id,
            request_id=reversed_.request_id,
            tombstone=reversed_.is_tombstone,
            hold_state=reversed_.hold_state,
        )


class CaptureOut(BaseModel):
    authorisation_id: UUID
    hold_state: HoldState
    captured: int

    @classmethod
    def of(cls, captured: Authorisation) -> Self:
        hold = cast("Hold", captured.hold)
        return cls(
            authorisation_id=captured.authorisation_id,
            hold_state=hold.state,
            captured=hold.captured,
        )


@router.post("/authorisations", status_code=201, responses=problems(KeyReused))
async def create_authorisation(
    body: AuthorisationIn, ports: Writing, key: Key = None
) -> AuthorisationOut:
    """Say yes or no to an amount; a key is the request's own id, or wrong."""
    idempotency.agree(key, body.request_id)
    return AuthorisationOut.of(await usecases.authorise(body.request(), ports))


@router.get(
    "/authorisations",
    responses=problems(usecases.UnknownRequest),
    dependencies=READS,
)
async def get_authorisation(request_id: UUID, ports: Wired) -> AuthorisationOut:
    """Say again what was said to a request."""
    return AuthorisationOut.of(await usecases.find(request_id, ports))


@router.post(
    "/authorisations/{authorisation_id}/captures",
    status_code=201,
    responses=problems(
        usecases.UnknownRequest, usecases.InvalidState, usecases.AboveAuthorised
    ),
)
async def create_capture(
    authorisation_id: UUID, body: CaptureIn, ports: Writing
) -> CaptureOut:
    """Pay an amount out of what is held."""
    amount = Cents(body.amount)
    return CaptureOut.of(await usecases.capture(authorisation_id, amount, ports))


@router.post(
    "/reversals",
    status_code=201,
    responses=problems(usecases.InvalidState, KeyReused),
)
async def create_reversal(
    body: ReversalIn, ports: Writing, key: Key = None
) -> ReversalOut:
    """Undo a request, whether or not it arrived."""
    idempotency.agree(key, body.request_id)
    return ReversalOut.of(await usecases.reverse(body.request_id, body.reason, ports))
