"""The gateway, as any client of the house's has it: a token, a key, one order."""

import json
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import httpx
from pydantic import SecretStr

from apps.kit.http import ServiceClient

from .domain import AMOUNTS, CURRENCY, Answer, Path

PLACE = "/api/v1/payments"


class HttpGateway:
    """The gateway over HTTP; each order has a key of its own."""

    def __init__(
        self,
        http: ServiceClient,
        pos_id: str,
        card_number: SecretStr,
        new_id: Callable[[], UUID],
        clock: Callable[[], datetime],
    ) -> None:
        self._http = http
        self._pos_id = pos_id
        self._card_number = card_number
        self._new_id = new_id
        self._clock = clock

    async def pay(self, path: Path) -> Answer:
        """Silence and refusals are answers, too."""
        key = str(self._new_id())
        begun = time.perf_counter()
        try:
            answer = await self._http.post(
                PLACE, json=self._order(path), headers={"Idempotency-Key": key}
            )
        except httpx.HTTPError as silence:
            took = time.perf_counter() - begun
            return Answer(took, error=type(silence).__name__)
        took = time.perf_counter() - begun
        return Answer(took, answer.status_code, _read(answer.content))

    def _order(self, path: Path) -> dict[str, Any]:
        """The card never expires: it is good for the year after this."""
        card = {
            "number": self._card_number.get_secret_value(),
            "expiry": f"12/{(self._clock().year + 1) % 100:02}",
        }
        return {
            "pos_id": self._pos_id,
            "card": card,
            "amount": AMOUNTS[path],
            "currency": CURRENCY,
        }


def _read(content: bytes) -> Mapping[str, Any] | None:
    try:
        said = json.loads(content)
    except ValueError:
        return None
    return said if isinstance(said, dict) else None
