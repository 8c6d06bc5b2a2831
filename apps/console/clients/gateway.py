"""The gateway, as any client of the house's has it; the card's number stays in here."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import httpx

from apps.kit.http import ServiceClient

from ..domain.orders import Answer, Order
from ..domain.silence import Silent
from .server import why

PAYMENTS = "/api/v1/payments"
NAME = "Gateway"


class Gateway:
    """The gateway over HTTP; each move has a key of its own."""

    name = NAME

    def __init__(self, http: ServiceClient, new_id: Callable[[], UUID]) -> None:
        self._http = http
        self._new_id = new_id

    async def pay(self, order: Order) -> Answer:
        """Order, and wait as long as the order says; a refusal is an answer."""
        waits = {"Request-Timeout-Ms": str(order.patience_ms)}
        return await self._post(PAYMENTS, order.body(), waits)

    async def move(self, payment_id: str, what: str, amount: int | None) -> Answer:
        """Capture, void or refund: all of it, unless an amount is given."""
        body = {} if amount is None else {"amount": amount}
        return await self._post(f"{PAYMENTS}/{payment_id}/{what}", body, {})

    async def is_there(self) -> bool:
        """Whether it answers at all."""
        try:
            return (await self._http.get("/livez")).is_success
        except httpx.HTTPError:
            return False

    async def terminals(self) -> list[dict[str, Any]]:
        return list(await self._get("/api/v1/pos") or [])

    async def latest(self, limit: int) -> list[dict[str, Any]]:
        """The newest payments."""
        found = await self._get(f"{PAYMENTS}?limit={limit}") or {}
        return list(found.get("payments", []))

    async def payment(self, id_: str) -> dict[str, Any] | None:
        found: dict[str, Any] | None = await self._get(f"{PAYMENTS}/{id_}")
        return found

    async def events(self, id_: str) -> dict[str, Any] | None:
        """All that happened to a payment, in order."""
        found: dict[str, Any] | None = await self._get(f"{PAYMENTS}/{id_}/events")
        return found

    async def view(self, id_: str) -> dict[str, Any] | None:
        """What all services know of a payment; None if there is none of this id."""
        found: dict[str, Any] | None = await self._get(f"{PAYMENTS}/{id_}/view")
        return found

    async def notifications(self, id_: str) -> list[dict[str, Any]]:
        """What the merchant was told, attempt by attempt."""
        return list(await self._get(f"/api/v1/notifications?payment_id={id_}") or [])

    async def _get(self, path: str) -> Any:
        try:
            answer = await self._http.get(path)
        except httpx.HTTPError as silence:
            raise Silent(NAME, why(silence)) from silence
        if answer.status_code in {400, 404, 422}:
            return None
        if answer.is_error:
            raise Silent(NAME, f"it said {answer.status_code}")
        return answer.json()

    async def _post(
        self, path: str, body: dict[str, Any], headers: dict[str, str]
    ) -> Answer:
        key = {"Idempotency-Key": str(self._new_id())}
        try:
            answer = await self._http.post(path, json=body, headers=key | headers)
        except httpx.HTTPError as silence:
            raise Silent(NAME, why(silence)) from silence
        trace = answer.headers.get("Trace-Id", "")
        return Answer(answer.status_code, _read(answer), trace)


def _read(answer: httpx.Response) -> dict[str, Any]:
    try:
        said = answer.json()
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
