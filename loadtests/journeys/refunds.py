"""What was sold comes back: a part, then too much, then the rest."""

from locust import task

from loadtests.journeys.shipping import Shipping
from loadtests.orders import below_the_floor, through_the_bank


class Refunds(Shipping):
    """Nothing is given back that was not taken."""

    journey = "refunds"

    @task(3)
    def refunds_in_parts(self) -> None:
        payment = self.authorised(through_the_bank(self.chance))
        whole = payment["amount"]
        part = self.chance.randint(1, whole - 1)
        rest = whole - part
        self.move(payment, "capture", whole, status="captured", captured=whole)
        partly = "partially_refunded"
        self.move(payment, "refund", part, status=partly, refunded=part)
        exceeds = "amount-exceeds-authorised"
        name = "refund too much"
        self.try_in_vain(name, payment, "refund", exceeds, amount=rest + 1)
        self.move(payment, "refund", rest, status="refunded", refunded=whole)

    @task(2)
    def refunds_all_at_once(self) -> None:
        payment = self.authorised(below_the_floor(self.chance))
        whole = payment["amount"]
        self.move(payment, "capture", whole, status="captured", captured=whole)
        self.move(payment, "refund", whole, status="refunded", refunded=whole)

    @task(1)
    def refunds_what_was_never_taken(self) -> None:
        payment = self.authorised(below_the_floor(self.chance))
        name, amount = "refund what is not captured", payment["amount"]
        self.try_in_vain(name, payment, "refund", "invalid-state", amount=amount)
        self.void(payment)
