"""The bank over HTTP."""

import asyncio
from dataclasses import replace
from functools import partial
from typing import Annotated, Any, TypeVar
from uuid import UUID

import httpx
from pydantic import BaseModel, Field, ValidationError

from apps.kit import deadlines
from apps.kit.breaker import BreakerOpen
from apps.kit.bulkheads import BulkheadFull
from apps.kit.credentials import IssuerAway
from apps.kit.values import Cents

from ..domain.payment import Payment
from ..domain.rules import BankAnswer
from ..ports import BankRefuses, BankSilent
from .guards import Asked, Guard

DO_NOT_HONOUR = "05"
"""The response code (ISO 8583, DE 39) of a hold that is gone."""

NOT_NOW = {
    httpx.codes.UNAUTHORIZED,
    httpx.codes.REQUEST_TIMEOUT,
    httpx.codes.TOO_MANY_REQUESTS,
}
"""Of the client's errors, those that asking again later may heal."""

SILENCES = (httpx.HTTPError, BreakerOpen, BulkheadFull)

M = TypeVar("M", bound=BaseModel)


class Authorisation(BaseModel, strict=True):
    """The part of the bank's answer that we read; only true is a yes."""

    authorisation_id: UUID
    approved: bool
    network_code: Annotated[str, Field(pattern=r"^[0-9A-Z]{2}$")]
    hold_state: str | None = None


class Reversal(BaseModel, strict=True):
    """The part of the bank's answer that we read."""

    tombstone: bool


class HttpBank:
    """The bank over HTTP; it never learns a card number, only its token."""

    def __init__(self, http: httpx.AsyncClient, guard: Guard) -> None:
        self._http = http
        self._guard = guard

    async def authorise(
        self, payment: Payment, *, may_probe: bool = False
    ) -> BankAnswer:
        """Ask for the amount; asked again under the same id, the answer is the same.

        A bank that is silent may be stood in for; one that will not hear us may not.
        """
        body = {
            "request_id": str(payment.payment_id),
            "merchant_id": payment.merchant_id,
            "card_token": str(payment.card.token),
            "amount": payment.amount,
            "currency": payment.currency,
        }
        send, asked = partial(self._send, "POST", "/authorisations", json=body), Asked()
        try:
            async with asyncio.timeout(deadlines.left_s()):
                answer = await self._guard.ask(send, asked, may_probe=may_probe)
        except TimeoutError as late:
            deadlines.exceeded("bank")
            raise BankSilent(
                "Deadline", timed_out=True, attempts=asked.attempts
            ) from late
        except SILENCES as fault:
            raise self._silence(fault, asked) from fault
        return replace(_answer(answer), attempts=asked.attempts)

    @property
    def room(self) -> int | None:
        """How many questions it would hear now; None is any number."""
        return self._guard.breaker.room

    @property
    def is_back(self) -> bool:
        """Whether its breaker closed since it was last welcomed."""
        return self._guard.breaker.has_closed

    def welcomed(self) -> None:
        self._guard.breaker.has_closed = False

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

    async def _asked(self, method: str, path: str, **rest: Any) -> httpx.Response:
        """Its answer, asked once: whoever needs it comes again. Raises BankSilent."""
        try:
            return await self._guard.once(partial(self._send, method, path, **rest))
        except SILENCES as fault:
            asked = Asked(may_be_heard=isinstance(fault, httpx.TimeoutException))
            raise self._silence(fault, asked) from fault

    async def _send(
        self, method: str, path: str, *, known: bool = False, **rest: Any
    ) -> httpx.Response:
        """One attempt; with `known`, a 404 is an answer. Raises BankRefuses for a no."""
        answer = await self._http.request(method, path, **rest)
        if known and answer.status_code == httpx.codes.NOT_FOUND:
            return answer
        if _is_final(answer.status_code):
            raise BankRefuses(_code(answer))
        return answer.raise_for_status()

    def _silence(self, fault: Exception, asked: Asked) -> BankSilent:
        """Its name; `timed_out` says that there was no time to ask once more."""
        is_unasked = isinstance(fault, BreakerOpen | BulkheadFull | IssuerAway)
        return BankSilent(
            type(fault).__name__,
            timed_out=asked.may_be_heard and self._guard.is_out_of_time(),
            is_away=isinstance(fault, httpx.TransportError | BreakerOpen),
            was_asked=not is_unasked,
            attempts=asked.attempts,
        )


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
