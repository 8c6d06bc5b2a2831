"""A shop on the web: the customer pays now, the shop captures when it has shipped."""

from locust import task

from loadtests.journeys.shipping import Shipping
from loadtests.orders import below_the_floor, through_the_bank

ANOTHER = "invalid-state"
TOO_MUCH = "amount-exceeds-authorised"


class Shop(Shipping):
    """Ships all of it, a part of it, or nothing."""

    journey = "shop"

    @task(4)
    def captures_all(self) -> None:
        payment = self.authorised(below_the_floor(self.chance))
        whole = payment["amount"]
        self.move(payment, "capture", whole, status="captured", captured=whole)

    @task(4)
    def captures_a_part(self) -> None:
        """What was captured, and be it a part, is neither captured again nor voided."""
        payment = self.authorised(through_the_bank(self.chance))
        part = self.chance.randint(1, payment["amount"])
        self.move(payment, "capture", part, status="captured", captured=part)
        self.try_in_vain("void what is captured", payment, "void", ANOTHER)

    @task(1)
    def captures_twice(self) -> None:
        payment = self.authorised(below_the_floor(self.chance))
        whole = payment["amount"]
        self.move(payment, "capture", whole, status="captured", captured=whole)
        self.try_in_vain("capture again", payment, "capture", ANOTHER, amount=whole)

    @task(1)
    def captures_too_much(self) -> None:
        """It is refused, and the payment can still be captured."""
        payment = self.authorised(below_the_floor(self.chance))
        whole, name = payment["amount"], "capture too much"
        self.try_in_vain(name, payment, "capture", TOO_MUCH, amount=whole + 1)
        self.move(payment, "capture", whole, status="captured", captured=whole)

    @task(2)
    def voids(self) -> None:
        """What was voided is not captured any more."""
        amount = self.chance.choice((below_the_floor, through_the_bank))
        payment = self.authorised(amount(self.chance))
        self.void(payment)
        self.try_in_vain("capture what is voided", payment, "capture", ANOTHER)
