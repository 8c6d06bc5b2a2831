"""A shopper at a till: pays, is refused, comes back, looks at what he paid."""

from typing import Any
from uuid import uuid4

from locust import task

from loadtests import judging
from loadtests.cards import BLOCKED, FOREIGN, fresh
from loadtests.customer import Customer
from loadtests.orders import (
    PAYMENTS,
    below_the_floor,
    order,
    through_the_bank,
    too_much,
)

A_PAGE = 20

CLOSED = "POS-03"
"""A terminal that is switched off."""


class Till(Customer):
    """One customer after another, a little apart."""

    journey = "till"

    @task(12)
    def pays_below_the_floor(self) -> None:
        self._pay("pay below the floor", below_the_floor(self.chance))

    @task(6)
    def pays_through_the_bank(self) -> None:
        self._pay("pay through the bank", through_the_bank(self.chance))

    @task(2)
    def pays_more_than_the_bank_allows(self) -> None:
        self._pay("pay too much", too_much(self.chance))

    @task(1)
    def is_refused_at_once(self) -> None:
        """By a terminal that looks at the card, and asks nobody."""
        amount = through_the_bank(self.chance)
        name, code, body = self.chance.choice(
            [
                (
                    "expired",
                    "EXPIRED_CARD",
                    order(fresh(self.chance), amount, years=-1),
                ),
                ("blocked", "BLACK_LISTED_CARD_NUMBER", order(BLOCKED, amount)),
                ("unknown", "UNKNOWN_CARD_TYPE", order(FOREIGN, amount)),
                ("closed", "INACTIVE_POS", order(FOREIGN, amount, pos_id=CLOSED)),
            ]
        )
        judge = judging.declined(body, code)
        self.post(f"be refused: {name}", PAYMENTS, body, judge)

    @task(1)
    def uses_a_reference_twice(self) -> None:
        name = f"order-{uuid4().hex[:12]}"
        amount = below_the_floor(self.chance)
        self.pay("pay under a reference", amount, merchant_reference=name)
        body = order(fresh(self.chance), amount, merchant_reference=name)
        refused = judging.refused(409, "duplicate-reference")
        self.post("use a reference again", PAYMENTS, body, refused)

    @task(4)
    def reads_a_payment_back(self) -> None:
        if self.memory.paid:
            payment = self.chance.choice(self.memory.paid)
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

    def _pay(self, name: str, amount: int) -> dict[str, Any]:
        """With a card of a customer who comes back; trusted blindly once, he stays away."""
        at = self.chance.randrange(len(self.memory.cards))
        payment = self.pay(name, amount, self.memory.cards[at])
        if payment["authorisation"]["source"] == "delegation":
            self.memory.cards[at] = fresh(self.chance)
        self.memory.paid.append(payment)
        return payment
