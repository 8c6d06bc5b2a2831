"""A merchant looks at his days, his balance and his payments, and at nobody else's."""

from typing import Any

from locust import task

from loadtests import judging
from loadtests.customer import Customer
from loadtests.journeys.shipping import SHIPS
from loadtests.orders import PAYMENTS, below_the_floor
from loadtests.tokens import MERCHANT

ME, MY_NAME = "/api/v1/merchants/me", "M-01"
A_PAGE, DAYS = 10, 7


class Merchant(Customer):
    """M-01, who sells bread."""

    journey = "merchant"

    @task(4)
    def looks_at_the_dashboard(self) -> None:
        judge = judging.dashboard(MY_NAME, days=DAYS)
        path = f"{ME}/dashboard?days={DAYS}"
        self.get("see the dashboard", path, judge, client=MERCHANT)

    @task(2)
    def looks_at_the_balance(self) -> None:
        judge = judging.balance(MY_NAME)
        self.get("see the balance", f"{ME}/balance", judge, client=MERCHANT)

    @task(4)
    def looks_into_a_payment(self) -> None:
        """Of the latest; what each service knows of it, in one answer."""
        if latest := self._latest():
            payment = self.chance.choice(latest)
            path = f"{PAYMENTS}/{payment['payment_id']}/view"
            judge = judging.viewed(payment)
            self.get("see a whole payment", path, judge, client=MERCHANT)

    @task(1)
    def looks_at_another_merchants(self) -> None:
        """To him it does not exist."""
        amount = below_the_floor(self.chance)
        payment = self.pay("pay another merchant", amount, pos_id=SHIPS)
        path = f"{PAYMENTS}/{payment['payment_id']}"
        judge = judging.refused(404, "not-found", secret=payment["trace_id"])
        self.get("see another's payment", path, judge, client=MERCHANT)

    def _latest(self) -> list[dict[str, Any]]:
        path = f"{PAYMENTS}?limit={A_PAGE}"
        judge = judging.listed(A_PAGE, of=MY_NAME)
        answer = self.get("list his payments", path, judge, client=MERCHANT)
        found: list[dict[str, Any]] = answer.js["payments"]
        return [each for each in found if each["response_code"]]
