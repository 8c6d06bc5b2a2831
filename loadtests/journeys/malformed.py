"""A client that errs: each error has its problem, and no problem repeats a card number."""

from locust import task

from loadtests.customer import Customer
from loadtests.journeys.errors import WAYS, asked


class Malformed(Customer):
    """Errs in one way after the other."""

    journey = "malformed"

    @task
    def errs(self) -> None:
        self.ask(asked(self.chance.choice(WAYS), self.chance))
