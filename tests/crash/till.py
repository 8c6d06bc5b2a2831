"""A merchant's till: it sends an order again, under its key, until it is answered."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from uuid import uuid4

import httpx

from native.tokens import token
from tests.stack.cards import card, fresh_card

from .world import Books

ANSWERED_WITHIN_S = 90.0
AGAIN = {409, 429, 500, 502, 503, 504}


@dataclass(frozen=True)
class Order:
    amount: int
    pos: str = "POS-01"
    number: str = field(default_factory=fresh_card, repr=False)
    key: str = field(default_factory=lambda: f"order-{uuid4()}")

    @property
    def body(self) -> dict:
        return {
            "pos_id": self.pos,
            "card": card(self.number),
            "amount": self.amount,
            "currency": "EUR",
            "merchant_reference": self.key,
        }


class Till:
    """Knows payments by its own face; every answer that promises something is noted."""

    def __init__(self, url: str, books: Books):
        bearer = token(books.world.issuer.url)
        self._http = httpx.AsyncClient(
            base_url=url,
            headers={"Authorization": f"Bearer {bearer}"},
            trust_env=False,
            timeout=15,
            limits=httpx.Limits(),
        )
        self._books = books

    async def close(self):
        await self._http.aclose()

    async def sends(
        self, order: Order, within_ms: int | None = None
    ) -> httpx.Response | None:
        """One try; nothing where no answer came."""
        headers = {"Idempotency-Key": order.key}
        if within_ms:
            headers["Request-Timeout-Ms"] = str(within_ms)
        with suppress(httpx.TransportError):
            answer = await self._http.post(
                "/payments", json=order.body, headers=headers
            )
            if answer.is_success:
                self._books.note(order.key, answer.status_code, answer.content)
            return answer
        return None

    async def pays(self, order: Order) -> httpx.Response:
        """The answer, however often it takes to ask for it."""
        return await _insisting(lambda: self.sends(order))

    async def moves(
        self, paid: httpx.Response, what: str, body: dict, key: str
    ) -> httpx.Response:
        """Captures, voids or refunds it, asked for until there is an answer."""
        path = f"/payments/{paid.json()['payment_id']}/{what}"

        async def once() -> httpx.Response | None:
            with suppress(httpx.TransportError):
                headers = {"Idempotency-Key": key}
                return await self._http.post(path, json=body, headers=headers)
            return None

        return await _insisting(once)

    @asynccontextmanager
    async def doing(self, deed: Callable[["Till"], Awaitable[object]]):
        """It is done beside what is inside, and done at the end."""
        async with asyncio.TaskGroup() as group:
            group.create_task(deed(self))
            yield


async def _insisting(
    ask: Callable[[], Awaitable[httpx.Response | None]],
) -> httpx.Response:
    end = time.monotonic() + ANSWERED_WITHIN_S
    while True:
        answer = await ask()
        if answer is not None and answer.status_code not in AGAIN:
            assert answer.status_code == 201, answer.text
            return answer
        assert time.monotonic() < end, answer.text if answer else "no answer"
        await asyncio.sleep(0.3)


def told(answer: httpx.Response) -> tuple[str, str]:
    """Why, and who decided."""
    said = json.loads(answer.content)
    return said["response_code"], said["authorisation"]["source"]
