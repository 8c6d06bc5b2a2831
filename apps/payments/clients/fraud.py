"""Fraud over HTTP."""

import asyncio
from functools import partial
from typing import Literal
from uuid import UUID

import httpx
from pydantic import BaseModel, ValidationError

from apps.kit.breaker import BreakerOpen
from apps.kit.bulkheads import BulkheadFull
from apps.kit.credentials import IssuerAway

from .. import signals
from ..domain.orders import UNCHECKED, Screening
from .guards import HAIR_S, Asked, Guard


class Assessment(BaseModel):
    """The part of fraud's answer that we read."""

    status: Literal["GREEN", "ORANGE", "RED"]


class HttpFraud:
    """Fraud over HTTP, asked before a payment is authorised; it may not answer."""

    def __init__(self, http: httpx.AsyncClient, guard: Guard) -> None:
        self._http = http
        self._guard = guard

    async def screen(self, card_token: UUID) -> Screening:
        """What fraud thinks of a card; unchecked when it does not say in time: the wait
        for a place and for a token is of that time.
        """
        try:
            async with asyncio.timeout(self._guard.attempt_s + 2 * HAIR_S):
                answer = await self._guard.ask(partial(self._send, card_token), Asked())
            said = Assessment.model_validate_json(answer.content)
        except (BreakerOpen, BulkheadFull, IssuerAway) as refusal:
            signals.fraud_unasked(type(refusal).__name__)
            return UNCHECKED
        except (httpx.HTTPError, TimeoutError, ValidationError) as silence:
            signals.fraud_silent(type(silence).__name__)
            return UNCHECKED
        return Screening(said.status, checked=True)

    async def _send(self, card_token: UUID) -> httpx.Response:
        asked = {"card_token": str(card_token)}
        answer = await self._http.post("/assessments", json=asked)
        return answer.raise_for_status()
