"""A client that asks again: the same key is the same payment and the same answer."""

from uuid import uuid4

from locust import task

from loadtests import judging
from loadtests.cards import fresh
from loadtests.journeys.shipping import Shipping
from loadtests.orders import (
    PAYMENTS,
    below_the_floor,
    order,
    path_of,
    through_the_bank,
)

AGAIN = 3
REUSED = "idempotency-key-reused"


class Retrying(Shipping):
    """Never knows whether his question arrived."""

    journey = "retrying"

    @task(3)
    def pays_again_and_again(self) -> None:
        """Whatever it was answered, a key is answered that for ever."""
        draw = self.chance.choice((below_the_floor, through_the_bank))
        body, key = order(fresh(self.chance), draw(self.chance)), uuid4().hex
        judge = judging.paid(body, exposed=self.exposure())
        kind = path_of(body["amount"])
        first = self.post("pay once", PAYMENTS, body, judge, key=key, kind=kind)
        self.exposes(first.js)
        for _ in range(self.chance.randint(1, AGAIN)):
            self.post("pay again", PAYMENTS, body, judging.repeated(first), key=key)

    @task(2)
    def reuses_a_key(self) -> None:
        """For another order: refused, and the first is still answered as it was."""
        body, key = order(fresh(self.chance), below_the_floor(self.chance)), uuid4().hex
        first = self.post("pay once", PAYMENTS, body, judging.paid(body), key=key)
        other = body | {"amount": body["amount"] + 1}
        refused = judging.refused(422, REUSED)
        self.post("reuse a key", PAYMENTS, other, refused, key=key)
        self.post("pay again", PAYMENTS, body, judging.repeated(first), key=key)

    @task(1)
    def captures_again(self) -> None:
        """Asked twice, captured once."""
        payment = self.authorised(below_the_floor(self.chance))
        path, whole = f"{PAYMENTS}/{payment['payment_id']}/captures", payment["amount"]
        body, key = {"amount": whole}, uuid4().hex
        judge = judging.moved("capture", whole, status="captured", captured=whole)
        first = self.post("capture", path, body, judge, key=key)
        same = judging.repeated(first)
        self.post("capture again", path, body, same, key=key)
