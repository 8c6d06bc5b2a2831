"""A client in a hurry: he hears a right answer in time, or that there is none yet."""

import time
from typing import Any

from locust import task

from loadtests import judging
from loadtests.cards import fresh
from loadtests.customer import Customer
from loadtests.orders import PAYMENTS, below_the_floor, order, through_the_bank

HURRY_MS = 180
"""The gateway hands nine tenths of it on, 162 ms. Up to 62 ms of that, payments may take
to screen the card and keep the order; if it takes longer, fewer than the 100 ms are left
without which it asks no bank. It answers in time either way, on a quiet machine."""

PATIENCE_S = 45.0
"""What was left pending is decided by then."""


class Impatient(Customer):
    """Who hears nothing, or that nothing is known yet, asks again, and has time."""

    journey = "impatient"

    @task(3)
    def asks_the_bank_in_a_hurry(self) -> None:
        payment = self._hurry(through_the_bank(self.chance))
        if payment["status"] == "pending":
            self._comes_back(payment)

    @task(1)
    def pays_little_in_a_hurry(self) -> None:
        payment = self._hurry(below_the_floor(self.chance))
        path = f"{PAYMENTS}/{payment['payment_id']}"
        self.get("read back", path, judging.shown(payment))

    def _hurry(self, amount: int) -> dict[str, Any]:
        body = order(fresh(self.chance), amount)
        judge = judging.hurried(body, exposed=self.exposure())
        answer = self.post("pay in a hurry", PAYMENTS, body, judge, hurry_ms=HURRY_MS)
        if answer.status == 201:
            self.exposes(answer.js)
        payment: dict[str, Any] = answer.js
        return payment

    def _comes_back(self, payment: dict[str, Any]) -> None:
        path = f"{PAYMENTS}/{payment['payment_id']}"
        ends = time.monotonic() + PATIENCE_S
        while time.monotonic() < ends:
            seen = self.get("ask what became of it", path, judging.shown(payment))
            if seen.js["status"] != "pending":
                return
            time.sleep(1.0)
        self.get("decided in the end", path, judging.decided(payment))
