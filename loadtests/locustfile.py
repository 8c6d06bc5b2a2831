"""A till: it pays, is refused, reads back, errs; and knows the right answer to each.

locust -f loadtests/locustfile.py --host http://127.0.0.1:8000
"""

import os
import random
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

from locust import FastHttpUser, between, events, task

from loadtests import spans
from loadtests.cards import BAD, GOOD

PAYMENTS = "/api/v1/payments"
TOKEN = os.environ.get("GATEWAY_TOKEN", "payscope-demo")

LEAST = 10
FLOOR = 10_000
DELEGATION = 20_000
CEILING = 40_000


def right_answer(amount: int, mode: str) -> tuple[str, str, str]:
    """Status, reason and who decided, as the shop's contract with the bank has it."""
    if amount <= FLOOR:
        return "authorised", "ACCEPTED", "floor_limit"
    if mode == "FALLBACK":
        if amount < DELEGATION:
            return "authorised", "ACCEPTED", "delegation"
        return "declined", "AMOUNT_EXCEEDED", "delegation"
    if amount <= CEILING:
        return "authorised", "ACCEPTED", "bank"
    return "declined", "AUTHORIZATION_DENIED", "bank"


class Till(FastHttpUser):
    """One customer after another, a little apart."""

    wait_time = between(0.2, 1.0)

    def on_start(self) -> None:
        self.paid: deque[dict[str, Any]] = deque(maxlen=20)

    @task(6)
    def pays_below_the_floor(self) -> None:
        self._pay("pay below the floor", random.randint(LEAST, FLOOR))

    @task(3)
    def pays_through_the_bank(self) -> None:
        self._pay("pay through the bank", random.randint(FLOOR + 1, CEILING))

    @task(1)
    def pays_more_than_the_bank_allows(self) -> None:
        self._pay("pay too much", random.randint(CEILING + 1, 2 * CEILING))

    @task(2)
    def reads_a_payment_back(self) -> None:
        if not self.paid:
            return
        payment = random.choice(self.paid)
        url = f"{PAYMENTS}/{payment['payment_id']}"
        with self._asked("GET", url, "read back") as answer:
            if answer.js != payment:
                answer.failure("read back otherwise than it was answered")

    @task(1)
    def mistypes_a_card(self) -> None:
        order = self._order(BAD, random.randint(LEAST, FLOOR))
        with self._asked("POST", PAYMENTS, "mistype a card", json=order) as answer:
            if answer.status_code != 422:
                answer.failure(f"{answer.status_code} to a card that cannot be")
            elif BAD in answer.text:
                answer.failure("the answer repeats the card number")
            else:
                answer.success()

    def _pay(self, name: str, amount: int) -> None:
        order = self._order(random.choice(GOOD), amount)
        with self._asked("POST", PAYMENTS, name, json=order) as answer:
            if answer.status_code != 201 or not answer.js:
                return
            payment = answer.js
            got = (
                payment["status"],
                payment["response_code"],
                payment["authorisation"]["source"],
            )
            wanted = right_answer(amount, payment["processing_mode"])
            if got != wanted:
                answer.failure(f"{amount}: {got}, not {wanted}")
            elif order["card"]["number"] in answer.text:
                answer.failure("the answer repeats the card number")
            else:
                self.paid.append(payment)

    @contextmanager
    def _asked(self, method: str, url: str, name: str, **body: Any) -> Iterator[Any]:
        """One call with its span; its TraceID is the answer's."""
        with spans.called(f"{method} {PAYMENTS}") as call:
            headers = {
                "Authorization": f"Bearer {TOKEN}",
                "traceparent": call.traceparent,
                "Idempotency-Key": uuid4().hex,
            }
            with self.rest(method, url, name=name, headers=headers, **body) as answer:
                call.facts = {
                    "http.request.method": method,
                    "http.response.status_code": answer.status_code or 0,
                    "load.step": name,
                }
                call.failed = not answer.status_code or answer.status_code >= 500
                yield answer

    def _order(self, card: str, amount: int) -> dict[str, Any]:
        return {
            "pos_id": "POS-01",
            "card": {"number": card, "expiry": _next_year()},
            "amount": amount,
            "currency": "EUR",
        }


def _next_year() -> str:
    today: date = datetime.now(UTC).date()  # noqa: TID251  (a till has a clock)
    return f"{today:%m}/{(today.year + 1) % 100:02d}"


@events.init.add_listener  # type: ignore[untyped-decorator]
def _spans_leave(**_: Any) -> None:
    spans.send_for_ever()
