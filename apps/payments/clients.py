"""The services that payments calls."""

import asyncio
from typing import Any, TypeVar
from uuid import UUID

import httpx
from pydantic import BaseModel, ValidationError

from apps.kit.values import Cents

from . import signals
from .domain.orders import UNCHECKED, Screening
from .domain.payment import Payment
from .domain.rules import BankAnswer
from .ports import BankRefuses, BankSilent

DO_NOT_HONOUR = "05"
"""The response code (ISO 8583, DE 39) of a hold that is gone."""

NOT_NOW = {httpx.codes.REQUEST_TIMEOUT, httpx.codes.TOO_MANY_REQUESTS}
"""Of the client's errors, those that asking again later may heal."""

M = TypeVar("M", bound=BaseModel)


class Authorisation(BaseModel):
    """The part of the bank's answer that we read."""

    authorisation_id: UUID
    approved: bool
    network_code: str
    hold_state: str | None = None


class Reversal(BaseModel):
    """The part of the bank's answer that we read."""

    tombstone: bool


class Assessment(BaseModel):
    """The part of fraud's answer that we read."""

    status: str


class HttpBank:
    """The bank over HTTP; it never learns a card number, only its token."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def authorise(
        self, payment: Payment, *, within_s: float | None = None
    ) -> BankAnswer:
        """Ask for the amount; asked again under the same id, the answer is the same.

        A bank that is silent may be stood in for; one that will not hear us may not.
        """
        asked = {
            "request_id": str(payment.payment_id),
            "merchant_id": payment.merchant_id,
            "card_token": str(payment.card.token),
            "amount": payment.amount,
            "currency": payment.currency,
        }
        try:
            async with asyncio.timeout(within_s):
                answer = await self._asked("POST", "/authorisations", json=asked)
        except TimeoutError as late:
            raise BankSilent("Deadline", timed_out=True) from late
        return _answer(answer)

    async def find(self, payment_id: UUID) -> BankAnswer | None:
        """What the bank said before; None if it never heard of it."""
        params = {"request_id": str(payment_id)}
        answer = await self._asked("GET", "/authorisations", params=params, known=True)
        return None if answer.status_code == httpx.codes.NOT_FOUND else _answer(answer)

    async def reverse(self, payment_id: UUID, reason: str) -> bool:
        """Make it let go; true if it never held anything, and now never will."""
        asked = {"request_id": str(payment_id), "reason": reason}
        answer = await self._asked("POST", "/reversals", json=asked)
        return _read(Reversal, answer).tombstone

    async def capture(self, authorisation_id: UUID, amount: Cents) -> None:
        """Tell it how much of its hold is wanted; the rest it releases."""
        path = f"/authorisations/{authorisation_id}/captures"
        await self._asked("POST", path, json={"amount": amount})

    async def _asked(
        self, method: str, path: str, *, known: bool = False, **rest: Any
    ) -> httpx.Response:
        """Its answer; with `known`, a 404 is one too. Raises the Bank's exceptions."""
        try:
            answer = await self._http.request(method, path, **rest)
            if _is_final(answer.status_code) and not (
                known and answer.status_code == httpx.codes.NOT_FOUND
            ):
                raise BankRefuses(_code(answer))
            if answer.status_code != httpx.codes.NOT_FOUND:
                answer.raise_for_status()
        except httpx.HTTPError as silence:
            raise BankSilent(
                type(silence).__name__,
                timed_out=isinstance(silence, httpx.TimeoutException),
                is_away=isinstance(silence, httpx.TransportError),
            ) from silence
        return answer


class HttpFraud:
    """Fraud over HTTP, asked before a payment is authorised; it may not answer."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def screen(self, card_token: UUID) -> Screening:
        """What fraud thinks of a card; unchecked when it does not say in time."""
        asked = {"card_token": str(card_token)}
        try:
            answer = await self._http.post("/assessments", json=asked)
            answer.raise_for_status()
            said = Assessment.model_validate_json(answer.content)
        except (httpx.HTTPError, ValidationError) as silence:
            signals.fraud_silent(type(silence).__name__)
            return UNCHECKED
        return Screening(said.status, checked=True)


def _answer(answer: httpx.Response) -> BankAnswer:
    """A hold that is gone is no approval, whatever was said when it was made."""
    said = _read(Authorisation, answer)
    gone = said.hold_state not in {None, "held", "captured"}
    approved = said.approved and not gone
    code = DO_NOT_HONOUR if said.approved and gone else said.network_code
    return BankAnswer(said.authorisation_id, approved, code)


def _read(model: type[M], answer: httpx.Response) -> M:
    try:
        return model.model_validate_json(answer.content)
    except ValidationError as nonsense:
        raise BankRefuses(type(nonsense).__name__) from nonsense


def _code(answer: httpx.Response) -> str:
    """The code of a problem (RFC 9457), or its status where it is none."""
    try:
        return str(answer.json()["code"])
    except (ValueError, KeyError, TypeError):
        return str(answer.status_code)


def _is_final(status: int) -> bool:
    """A client's error says that we are wrong: asking again would not help."""
    return 400 <= status < 500 and status not in NOT_NOW
