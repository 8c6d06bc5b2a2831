"""Callers of the API, as the gateway or a service's own port sees them."""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx

from native.backends import client
from native.gateway import order
from tests.stack.cards import card, fresh_card

BASE = "/api/v1"
WAITS_AT_MOST_S = 15.0
VARYING = re.compile(
    r'"(?:instance|trace_id|created_at|as_of|at)":\s*"[^"]*"|"lag_s":\s*[0-9.]+'
)
"""What differs between two answers that say the same."""


@dataclass(frozen=True)
class Caller:
    """Somebody with a token, or without, at one address."""

    url: str
    token: str | None = None

    def asks(self, method: str, path: str, **how: Any) -> httpx.Response:
        """What is answered; who asks too often waits as long as he is told."""
        end = time.monotonic() + WAITS_AT_MOST_S
        while True:
            answer = self.asks_once(method, path, **how)
            if answer.status_code != 429 or time.monotonic() > end:
                return answer
            time.sleep(float(answer.headers["retry-after"]))

    def asks_once(self, method: str, path: str, **how: Any) -> httpx.Response:
        headers = {"Idempotency-Key": uuid4().hex} if method == "POST" else {}
        if self.token is not None:
            headers["Authorization"] = f"Bearer {self.token}"
        headers |= how.pop("headers", {})
        with client(10.0) as http:
            return http.request(method, f"{self.url}{path}", headers=headers, **how)

    def gets(self, path: str, **params: Any) -> httpx.Response:
        return self.asks("GET", path, params=params or None)

    def pays(self, amount: int = 25_000, **changes: Any) -> httpx.Response:
        """With a card of its own, so that no rule about cards decides."""
        wanted = order(amount, **{"card": card(fresh_card())} | changes)
        return self.asks("POST", f"{BASE}/payments", json=wanted)

    def paid(self, amount: int = 25_000, **changes: Any) -> str:
        """The id of a payment that was authorised."""
        answer = self.pays(amount, **changes)
        assert answer.status_code == 201, answer.text
        assert answer.json()["status"] in {"authorised", "captured"}, answer.text
        return str(answer.json()["payment_id"])


def said(answer: httpx.Response) -> tuple[int, str, Mapping[str, str]]:
    """An answer without what varies: two that are alike tell nobody anything."""
    told = {
        name: value
        for name, value in answer.headers.items()
        if name not in {"date", "trace-id", "ratelimit", "etag"}
    }
    return answer.status_code, VARYING.sub("", answer.text), told
