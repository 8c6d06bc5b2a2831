"""Fraud over HTTP."""

import asyncio
from collections.abc import Collection, Mapping
from functools import partial
from typing import Literal, TypeVar
from uuid import UUID

import httpx
from pydantic import BaseModel, RootModel, ValidationError

from apps.kit.breaker import BreakerOpen
from apps.kit.bulkheads import BulkheadFull
from apps.kit.credentials import IssuerAway

from .. import signals
from ..domain.orders import UNCHECKED, Screening
from .guards import HAIR_S, Asked, Guard


class Assessment(BaseModel):
    """The part of fraud's answer that we read."""

    status: Literal["GREEN", "ORANGE", "RED"]


class OfCard(Assessment):
    card_token: UUID


class Assessments(RootModel[list[OfCard]]):
    """Those of several cards, in any order."""


M = TypeVar("M", bound=BaseModel)


class HttpFraud:
    """Fraud over HTTP, asked before a payment is authorised; it may not answer."""

    def __init__(self, http: httpx.AsyncClient, guard: Guard) -> None:
        self._http = http
        self._guard = guard

    async def screen(self, card_token: UUID) -> Screening:
        """What fraud thinks of a card; unchecked when it does not say in time."""
        said = await self._ask(
            "/assessments", {"card_token": str(card_token)}, Assessment
        )
        return Screening(said.status, checked=True) if said else UNCHECKED

    async def screen_all(self, cards: Collection[UUID]) -> Mapping[UUID, Screening]:
        """What it thinks of each card; what it does not speak of is unchecked."""
        asked = {"card_tokens": [str(each) for each in cards]}
        said = await self._ask("/assessments/batch", asked, Assessments)
        known = {each.card_token: each.status for each in said.root} if said else {}
        return {
            card: Screening(known[card], checked=True) if card in known else UNCHECKED
            for card in cards
        }

    async def _ask(self, path: str, body: object, model: type[M]) -> M | None:
        """Its answer; none if there is none in time: the wait for a place and for a
        token is of that time.
        """
        try:
            async with asyncio.timeout(self._guard.attempt_s + 2 * HAIR_S):
                send = partial(self._send, path, body)
                answer = await self._guard.ask(send, Asked())
            return model.model_validate_json(answer.content)
        except (BreakerOpen, BulkheadFull, IssuerAway) as refusal:
            signals.fraud_unasked(type(refusal).__name__)
        except (httpx.HTTPError, TimeoutError, ValidationError) as silence:
            signals.fraud_silent(type(silence).__name__)
        return None

    async def _send(self, path: str, body: object) -> httpx.Response:
        answer = await self._http.post(path, json=body)
        return answer.raise_for_status()
