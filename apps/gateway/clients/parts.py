"""The parts of composed answers: each asked within its budget and its own bulkhead."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, TypeVar
from urllib.parse import quote
from uuid import UUID

import httpx
from pydantic import TypeAdapter, ValidationError

from apps.kit import deadlines
from apps.kit.bulkheads import Bulkhead, BulkheadFull
from apps.kit.errors import DeadlineExceeded, DependencyUnavailable, Overloaded

from ..domain.calls import Answer, Call
from ..domain.views import (
    Authorisation,
    Card,
    Event,
    Missing,
    Notification,
    NotShown,
    OwnFigures,
    OwnMoney,
    Part,
    Payment,
    Why,
)
from ..ports import Upstream
from .bodies import EventsIn, PageIn, PaymentIn, ProblemIn

T = TypeVar("T")

Room = Callable[[], AbstractAsyncContextManager[object]]
"""Lets in so many at once; raises BulkheadFull."""

GRACE_S = 0.05
"""The HTTP client ends a call at its budget, and says so on its span; what else could
hang (a token, a place in the bulkhead) ends so much later, in seconds."""

LATEST = 5
"""Payments on a dashboard."""

_AUTHORISATION = TypeAdapter(Authorisation)
_CARD = TypeAdapter(Card)
_NOTIFICATIONS = TypeAdapter(list[Notification])
_EVENTS = TypeAdapter(EventsIn)
_PAGE = TypeAdapter(PageIn)
_FIGURES = TypeAdapter(OwnFigures)
_MONEY = TypeAdapter(OwnMoney)


def bulkheads(places: int) -> Mapping[Part, Room]:
    """So many places for each part: one that hangs leaves the others theirs."""
    return {part: Bulkhead(f"part.{part}", places).place for part in Part}


class HttpParts:
    """Whoever else knows something, over HTTP."""

    def __init__(
        self,
        services: Mapping[str, Upstream],
        own_token: Callable[[], Awaitable[str]],
        rooms: Mapping[Part, Room],
        budget_s: float,
    ) -> None:
        self._services = services
        self._own_token = own_token
        self._rooms = rooms
        self._budget_s = budget_s

    async def payment(self, payment_id: UUID, bearer: str) -> Payment:
        """Raises NotShown, and what an upstream raises: without it there is nothing."""
        call = _get(f"/payments/{payment_id}", bearer)
        answer = await self._services["payments"].forward(call)
        if answer.status != 200:
            raise NotShown(answer.status, ProblemIn.detail_of(answer.body))
        try:
            return PaymentIn.payment_of(answer.body)
        except ValidationError as garbled:
            raise DependencyUnavailable("payments cannot be understood.") from garbled

    async def authorisation(self, payment_id: UUID) -> Authorisation | None:
        path = f"/authorisations?request_id={payment_id}"
        return await self._own(Part.BANK, "bank", path, _AUTHORISATION)

    async def card(self, card_token: UUID) -> Card | None:
        return await self._own(Part.FRAUD, "fraud", f"/fraud/cards/{card_token}", _CARD)

    async def notifications(self, payment_id: UUID) -> Sequence[Notification] | None:
        path = f"/notifications?payment_id={payment_id}"
        return await self._own(
            Part.NOTIFICATIONS, "notifications", path, _NOTIFICATIONS
        )

    async def events(self, payment_id: UUID, bearer: str) -> Sequence[Event] | None:
        path = f"/payments/{payment_id}/events"
        found = await self._asked(Part.EVENTS, "payments", path, bearer, _EVENTS)
        return None if found is None else found.events

    async def latest(self, bearer: str) -> Sequence[Mapping[str, Any]] | None:
        path = f"/payments?limit={LATEST}"
        found = await self._asked(Part.LATEST, "payments", path, bearer, _PAGE)
        return None if found is None else found.payments

    async def figures(
        self, merchant_id: str, days: int, bearer: str
    ) -> OwnFigures | None:
        path = f"/merchants/{quote(merchant_id, safe='')}/dashboard?days={days}"
        return await self._asked(Part.FIGURES, "backoffice", path, bearer, _FIGURES)

    async def money(self, merchant_id: str, bearer: str) -> OwnMoney | None:
        path = f"/merchants/{quote(merchant_id, safe='')}/balance"
        return await self._asked(Part.MONEY, "backoffice", path, bearer, _MONEY)

    async def _own(
        self, part: Part, service: str, path: str, kind: TypeAdapter[T]
    ) -> T | None:
        """Asked in the gateway's own name: callers need not be known there."""
        return await self._asked(part, service, path, None, kind)

    async def _asked(
        self,
        part: Part,
        service: str,
        path: str,
        bearer: str | None,
        kind: TypeAdapter[T],
    ) -> T | None:
        """None where nothing is known there. Raises Missing."""
        try:
            async with asyncio.timeout(self._budget_s + GRACE_S), self._rooms[part]():
                answer = await self._answer(service, path, bearer)
        except (DeadlineExceeded, TimeoutError) as late:
            raise Missing(Why.TIMEOUT) from late
        except (BulkheadFull, Overloaded) as full:
            raise Missing(Why.BUSY) from full
        except (DependencyUnavailable, httpx.TransportError) as away:
            raise Missing(Why.AWAY) from away
        return _read(answer, kind)

    async def _answer(self, service: str, path: str, bearer: str | None) -> Answer:
        with deadlines.within(self._budget_s):
            said = bearer or f"Bearer {await self._own_token()}"
            return await self._services[service].forward(_get(path, said))


def _get(path: str, bearer: str) -> Call:
    return Call("GET", path, [("authorization", bearer)])


def _read(answer: Answer, kind: TypeAdapter[T]) -> T | None:
    if answer.status == 404:
        return None
    if answer.status != 200:
        raise Missing(Why.REFUSED)
    try:
        return kind.validate_json(answer.body)
    except ValidationError as garbled:
        raise Missing(Why.REFUSED) from garbled
