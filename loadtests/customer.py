"""A user of a journey: draws what he does from chance of his own, and pays."""

import itertools
from collections import deque
from dataclasses import dataclass, field
from typing import Any, ClassVar

from loadtests import judging, pacing
from loadtests.asking import Asking
from loadtests.cards import fresh
from loadtests.orders import PAYMENTS, order, path_of
from loadtests.plan import Plan

CARDS = 10
"""Customers who come back to a user."""


@dataclass
class Memory:
    """What a user knows from his earlier visits."""

    cards: list[str]
    paid: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=20))


class Customer(Asking):
    """A user of one journey: he draws from a generator of his own, visit by visit."""

    abstract = True

    pace: ClassVar[pacing.Pace] = (0.2, 1.0)
    plan: ClassVar[Plan] = Plan()
    place: ClassVar[int] = 0
    """Which of the plan's processes this is."""
    broken: ClassVar[int] = 0
    """Visits that ended in an exception of our own."""
    exposed = 0
    """The most that may stand open in the bank's stead, of all that was paid here."""
    numbers: ClassVar["itertools.count[int]"]

    def __init_subclass__(cls, **how: Any) -> None:
        super().__init_subclass__(**how)
        cls.numbers = itertools.count()

    def __init__(self, environment: Any) -> None:
        super().__init__(environment)
        number = next(self.numbers) * self.plan.processes + self.place
        self.chance = pacing.chance(self.plan.seed, self.journey, number)
        self.memory = Memory([fresh(self.chance) for _ in range(CARDS)])
        self.tasks = [Customer.visit]

    def visit(self) -> None:
        """One thing that whoever is on this journey does."""
        steps: Any = type(self).tasks
        self.chance.choice(steps)(self)

    def wait_time(self) -> float:
        return self.chance.uniform(*self.pace)

    def pay(
        self,
        name: str,
        amount: int,
        card: str | None = None,
        *,
        suspect: bool = False,
        **more: Any,
    ) -> dict[str, Any]:
        """Pay, and be answered rightly."""
        body = order(card or fresh(self.chance), amount, **more)
        judge = judging.paid(body, exposed=self.exposure(), suspect=suspect)
        kind = path_of(amount)
        payment: dict[str, Any] = self.post(name, PAYMENTS, body, judge, kind=kind).js
        self.exposes(payment)
        return payment

    def exposure(self) -> int:
        """The other processes of the run are as many and as busy."""
        return Customer.exposed * self.plan.processes

    def exposes(self, payment: dict[str, Any]) -> None:
        """What was accepted in the bank's stead counts, until it has spoken."""
        if payment["authorisation"]["source"] == "delegation":
            Customer.exposed += payment["amount"]
