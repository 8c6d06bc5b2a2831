"""What those have in common whose merchant captures when he has shipped."""

from typing import Any

from loadtests import judging
from loadtests.customer import Customer
from loadtests.judging import Answer
from loadtests.orders import PAYMENTS, below_the_floor

SHIPS = "POS-04"
"""Its merchant captures when it has shipped."""


class Shipping(Customer):
    abstract = True

    def authorised(self, amount: int) -> dict[str, Any]:
        """One that waits for its capture; smaller where nobody can ask the bank."""
        payment = self.pay("pay, capture later", amount, pos_id=SHIPS)
        while payment["status"] != "authorised":
            amount = below_the_floor(self.chance)
            payment = self.pay("pay, capture later", amount, pos_id=SHIPS)
        return payment

    def move(
        self, payment: dict[str, Any], kind: str, amount: int, **after: Any
    ) -> Answer:
        """Capture or refund so much."""
        path = f"{PAYMENTS}/{payment['payment_id']}/{kind}s"
        judge = judging.moved(kind, amount, **after)
        return self.post(kind, path, {"amount": amount}, judge)

    def void(self, payment: dict[str, Any]) -> Answer:
        path, amount = f"{PAYMENTS}/{payment['payment_id']}/voids", payment["amount"]
        judge = judging.moved("void", amount, status="voided", captured=0)
        return self.post("void", path, {}, judge)

    def try_in_vain(
        self, name: str, payment: dict[str, Any], kind: str, code: str, **body: Any
    ) -> None:
        """A movement that this payment does not allow (any more)."""
        status = 422 if code == "amount-exceeds-authorised" else 409
        path = f"{PAYMENTS}/{payment['payment_id']}/{kind}s"
        self.post(name, path, body, judging.refused(status, code))
