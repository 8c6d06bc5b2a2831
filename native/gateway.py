"""The platform's front door, as its clients see it: pay, and ask about a payment."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx

from . import tokens
from .backends import Backend, client

GOOD_CARD = "5204460010000007"
ABOVE_THRESHOLD = 25_000
"""In cents: more than the shop accepts alone (10000), less than the bank refuses."""

PAYMENTS = "/api/v1/payments"
TIMEOUT_S = 10.0
"""Longer than the gateway's own deadline: it is to answer, not the client to give up."""


def order(amount: int = ABOVE_THRESHOLD, **changes: Any) -> dict[str, Any]:
    """A payment that is in order, but for the changes; its card expires in two years."""
    expiry = f"12/{(datetime.now(UTC).year + 2) % 100:02}"
    card = {"number": GOOD_CARD, "expiry": expiry}
    plain = {"pos_id": "POS-01", "card": card, "amount": amount, "currency": "EUR"}
    return plain | changes


def _client() -> httpx.Client:
    found = client(TIMEOUT_S)
    found.auth = tokens.Bearing(tokens.TILL)
    return found


@dataclass(frozen=True, slots=True)
class Gateway(Backend):
    """The gateway of one instance, asked with a token that it issued."""

    http: httpx.Client = field(default_factory=_client)

    def pay(self, amount: int = ABOVE_THRESHOLD, **changes: Any) -> httpx.Response:
        return self.send(json=order(amount, **changes))

    def send(
        self, method: str = "POST", path: str = PAYMENTS, **how: Any
    ) -> httpx.Response:
        """Any request at all, for those who try what is not in order.

        Each is an order of its own, unless it brings the key of another.
        """
        headers = {"Idempotency-Key": uuid4().hex} | how.pop("headers", {})
        with self.asked():
            return self.http.request(
                method, f"{self.url}{path}", headers=headers, **how
            )

    def payment(self, id_: str) -> dict[str, Any] | None:
        """The payment as the gateway tells it; None if it knows none of this id."""
        return self._known(f"{PAYMENTS}/{id_}")

    def events(self, id_: str) -> dict[str, Any]:
        """All that happened to a payment, in order; nothing if nobody knows it."""
        return self._known(f"{PAYMENTS}/{id_}/events") or {"events": []}

    def _known(self, path: str) -> dict[str, Any] | None:
        answer = self.get(path)
        if answer.status_code in {
            httpx.codes.NOT_FOUND,
            httpx.codes.BAD_REQUEST,
            httpx.codes.UNPROCESSABLE_ENTITY,
        }:
            return None
        found: dict[str, Any] = self.understood(answer)
        return found
