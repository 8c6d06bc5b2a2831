"""A till and a card tester: they know the right answer to each of their questions.

locust -f loadtests/locustfile.py --host http://127.0.0.1:8000
"""

import random
from collections import deque
from typing import Any
from uuid import uuid4

from locust import between, events, task

from loadtests import judging
from loadtests.cards import BAD, fresh
from loadtests.customer import Customer
from loadtests.orders import (
    PAYMENTS,
    below_the_floor,
    order,
    through_the_bank,
    too_much,
)
from loadtests.telemetry import leave
from loadtests.tester import CardTester

__all__ = ["CardTester", "Till"]

CARDS = 10
"""Customers who come back to a till."""

SHIPS = "POS-04"
"""Its merchant captures when it has shipped."""

A_PAGE = 20

HURRY_MS = 180
"""The gateway hands nine tenths of it on, 162 ms. Up to 62 ms of that, payments may take
to screen the card and keep the order; if it takes longer, fewer than the 100 ms are left
without which it asks no bank. It answers in time either way, on a quiet machine."""


class Till(Customer):
    """One customer after another, a little apart."""

    wait_time = between(0.2, 1.0)

    def on_start(self) -> None:
        self.paid: deque[dict[str, Any]] = deque(maxlen=20)
        self.cards = [fresh() for _ in range(CARDS)]

    @task(12)
    def pays_below_the_floor(self) -> None:
        self._keep(self._pay("pay below the floor", below_the_floor()))

    @task(6)
    def pays_through_the_bank(self) -> None:
        self._keep(self._pay("pay through the bank", through_the_bank()))

    @task(2)
    def pays_more_than_the_bank_allows(self) -> None:
        self._keep(self._pay("pay too much", too_much()))

    @task(1)
    def pays_in_a_hurry(self) -> None:
        """Who hears nothing, or that nothing is known yet, asks again, and has time."""
        body = order(fresh(), through_the_bank())
        judge = judging.hurried(body, exposed=Customer.exposed)
        answer = self.post("pay in a hurry", PAYMENTS, body, judge, hurry_ms=HURRY_MS)
        if answer.status == 201:
            self.exposes(answer.js)
        self._keep(answer.js)

    @task(2)
    def pays_twice_under_one_key(self) -> None:
        body, key = order(fresh(), below_the_floor()), uuid4().hex
        first = self.post("pay once", PAYMENTS, body, judging.paid(body), key=key)
        self.post("pay again", PAYMENTS, body, judging.repeated(first), key=key)
        other = body | {"amount": body["amount"] + 1}
        refused = judging.refused(422, "idempotency-key-reused")
        self.post("reuse a key", PAYMENTS, other, refused, key=key)

    @task(1)
    def uses_a_reference_twice(self) -> None:
        name = f"order-{uuid4().hex[:12]}"
        amount = below_the_floor()
        self.pay("pay under a reference", amount, merchant_reference=name)
        body = order(fresh(), amount, merchant_reference=name)
        refused = judging.refused(409, "duplicate-reference")
        self.post("use a reference again", PAYMENTS, body, refused)

    @task(2)
    def captures_a_part(self) -> None:
        payment = self._authorised(through_the_bank())
        part = random.randint(1, payment["amount"])
        self._move(payment, "capture", part, status="captured", captured=part)
        refused = judging.refused(409, "invalid-state")
        path = f"{PAYMENTS}/{payment['payment_id']}/voids"
        self.post("void what is captured", path, {}, refused)

    @task(1)
    def voids(self) -> None:
        payment = self._authorised(random.choice((below_the_floor, through_the_bank))())
        path, amount = f"{PAYMENTS}/{payment['payment_id']}/voids", payment["amount"]
        judge = judging.moved("void", amount, status="voided", captured=0)
        self.post("void", path, {}, judge)

    @task(1)
    def refunds(self) -> None:
        """A part, then too much, then the rest."""
        payment = self._authorised(through_the_bank())
        all_of_it = payment["amount"]
        part = random.randint(1, all_of_it - 1)
        self._move(payment, "capture", all_of_it, status="captured", captured=all_of_it)
        partly = "partially_refunded"
        self._move(payment, "refund", part, status=partly, refunded=part)
        path = f"{PAYMENTS}/{payment['payment_id']}/refunds"
        refused = judging.refused(422, "amount-exceeds-authorised")
        self.post("refund too much", path, {"amount": all_of_it}, refused)
        rest = all_of_it - part
        self._move(payment, "refund", rest, status="refunded", refunded=all_of_it)

    @task(4)
    def reads_a_payment_back(self) -> None:
        if self.paid:
            payment = random.choice(self.paid)
            path = f"{PAYMENTS}/{payment['payment_id']}"
            self.get("read back", path, judging.shown(payment))
            self.get("read its events", f"{path}/events", judging.told(payment))

    @task(1)
    def turns_pages(self) -> None:
        path = f"{PAYMENTS}?limit={A_PAGE}"
        first = self.get("list payments", path, judging.listed(A_PAGE)).js
        if last := first["next"]:
            judge = judging.listed(A_PAGE, after=last)
            self.get("turn the page", f"{path}&cursor={last}", judge)

    @task(2)
    def mistypes_a_card(self) -> None:
        body = order(BAD, below_the_floor())
        refused = judging.refused(422, "validation-failed", secret=BAD)
        self.post("mistype a card", PAYMENTS, body, refused)

    def _pay(self, name: str, amount: int) -> dict[str, Any]:
        """With a card of a customer who comes back; trusted blindly once, he stays away."""
        at = random.randrange(CARDS)
        payment = self.pay(name, amount, self.cards[at])
        if payment["authorisation"]["source"] == "delegation":
            self.cards[at] = fresh()
        return payment

    def _authorised(self, amount: int) -> dict[str, Any]:
        """One that waits for its capture; smaller where nobody can ask the bank."""
        payment = self.pay("pay, capture later", amount, pos_id=SHIPS)
        while payment["status"] != "authorised":
            payment = self.pay("pay, capture later", below_the_floor(), pos_id=SHIPS)
        return payment

    def _move(
        self, payment: dict[str, Any], kind: str, amount: int, **after: Any
    ) -> None:
        path = f"{PAYMENTS}/{payment['payment_id']}/{kind}s"
        judge = judging.moved(kind, amount, **after)
        self.post(kind, path, {"amount": amount}, judge)

    def _keep(self, payment: dict[str, Any]) -> None:
        self.paid.append(payment)


@events.init.add_listener  # type: ignore[untyped-decorator]
def _telemetry_leaves(environment: Any, **_: Any) -> None:
    leave(environment)
