"""The HTTP face of the bank."""

from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field, StrictInt

from apps.kit.service import wired
from apps.kit.values import Cents

from . import usecases
from .domain import Authorisation, Request, Verdict
from .usecases import Ports

Wired = Annotated[Ports, Depends(wired)]

router = APIRouter(prefix="/authorisations", tags=["authorisations"])


class AuthorisationIn(BaseModel):
    """A question; `amount` in minor units of `currency` (ISO 4217)."""

    model_config = ConfigDict(extra="forbid")

    request_id: UUID
    merchant_id: Annotated[str, Field(pattern=r"^[^\x00]{1,32}$")]
    card_token: UUID
    amount: Annotated[StrictInt, Field(gt=0)]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]

    def request(self) -> Request:
        return Request(
            self.request_id,
            self.merchant_id,
            self.card_token,
            Cents(self.amount),
            self.currency,
        )


class AuthorisationOut(BaseModel):
    """The bank's word on an authorisation."""

    authorisation_id: UUID
    request_id: UUID
    approved: bool
    network_code: str

    @classmethod
    def of(cls, authorisation: Authorisation) -> Self:
        return cls(
            authorisation_id=authorisation.authorisation_id,
            request_id=authorisation.request.request_id,
            approved=authorisation.verdict is Verdict.APPROVED,
            network_code=authorisation.network_code,
        )


@router.post("", status_code=201)
async def create_authorisation(body: AuthorisationIn, ports: Wired) -> AuthorisationOut:
    """Say yes or no to an amount."""
    return AuthorisationOut.of(await usecases.authorise(body.request(), ports))
