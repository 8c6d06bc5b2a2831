"""The open model: visits are due at a rate, whatever the answers take.

A shop that stalls is not visited less, and a visit's time counts from when it was due.
"""

import itertools
import time
from contextlib import suppress
from dataclasses import replace
from typing import Any, ClassVar

import gevent
from geventhttpclient.client import HTTPClientPool
from locust import User, constant, task
from locust.exception import RescheduleTask, StopUser

from loadtests import judging, pacing
from loadtests.asking import GIVE_UP_S
from loadtests.cards import fresh
from loadtests.customer import Customer, Memory
from loadtests.history import FAIL, Circumstances
from loadtests.judging import Answer, Question, Reason
from loadtests.orders import PAYMENTS
from loadtests.scenario import Scenario
from loadtests.shapes import SHAPES

WAITING = 600
"""With so many under way, whoever is due next is not sent, and counts as a failure."""

CARDS = 500
"""Customers who come back, of each journey."""

PATIENCE_S = 12.0
"""At the end, for those who are still under way."""

IDLE_S = 0.2


class Arrivals(User):
    """One in each process: sends whoever is due on his journey."""

    wait_time = constant(0)
    scenario: ClassVar[Scenario]
    journeys: ClassVar[dict[str, type[Customer]]] = {}
    unsent: ClassVar[int] = 0

    def on_start(self) -> None:
        plan, place = Customer.plan, Customer.place
        self.chance = pacing.chance(plan.seed, "arrivals", place)
        self.under_way: set[gevent.Greenlet] = set()
        self.pool = HTTPClientPool(
            concurrency=WAITING,
            network_timeout=GIVE_UP_S,
            connection_timeout=GIVE_UP_S,
        )
        self.memories = {name: _memory(name) for name in self.journeys}
        self.idle: dict[str, list[Customer]] = {name: [] for name in self.journeys}
        self.visits = itertools.count(place, plan.processes)
        self.begun = time.time()
        self.instants = pacing.instants(1.0, self.scenario.intervals, self.chance)
        self.due, self.last = self.begun, next(self.instants)

    @task
    def next_visit(self) -> None:
        """Sleeps until the next visit is due, and does not wait for its end."""
        ahead = self.due - time.time()
        if ahead > 0:
            gevent.sleep(min(ahead, IDLE_S))
            return
        journey, number = self._draw(), next(self.visits)
        if len(self.under_way) < WAITING:
            greenlet = gevent.spawn(self._visit, journey, number, self.due)
            self.under_way.add(greenlet)
            greenlet.link(self.under_way.discard)
        else:
            self._not_sent(journey)
        self._go_on()

    def on_stop(self) -> None:
        gevent.joinall(list(self.under_way), timeout=PATIENCE_S)
        gevent.killall(list(self.under_way))

    def rate(self) -> float:
        """This process's part of what is due a second by now."""
        plan = Customer.plan
        elapsed = min(self.due - self.begun, plan.seconds * 0.999)
        level = SHAPES[plan.shape].due(elapsed, plan.seconds) or 0.0
        return max(1e-3, (plan.rate or 0.0) * level / plan.processes)

    def _go_on(self) -> None:
        """The next is due a draw later, stretched to the rate of this instant."""
        drawn = next(self.instants)
        self.due += (drawn - self.last) / self.rate()
        self.last = drawn

    def _draw(self) -> str:
        shares = self.scenario.journeys
        weights = [shares[name].weight for name in self.journeys]
        return self.chance.choices(list(self.journeys), weights)[0]

    def _visit(self, journey: str, number: int, due: float) -> None:
        idle = self.idle[journey]
        try:
            visitor = idle.pop() if idle else self._visitor(journey)
            visitor.chance = pacing.chance(Customer.plan.seed, journey, f"v{number}")
            visitor.due = due
            with suppress(RescheduleTask, StopUser):
                visitor.visit()
            idle.append(visitor)
        except Exception as fault:  # noqa: BLE001  (told as Locust tells its users')
            self.environment.events.user_error.fire(
                user_instance=self, exception=fault, tb=fault.__traceback__
            )

    def _visitor(self, journey: str) -> Customer:
        kind = self.journeys[journey]
        kind.host = self.environment.host  # Locust tells it only to those it starts
        visitor = kind(self.environment)
        visitor.client.client.clientpool = self.pool
        visitor.memory = self.memories[journey]
        return visitor

    def _not_sent(self, journey: str) -> None:
        Arrivals.unsent += 1
        wrong = judging.wrong(Reason.UNSENT, f"{WAITING} are under way")
        question = replace(UNSENT, name=f"{journey}, not sent")
        told = Circumstances(journey, self.due, None, wrong)
        Customer.history.write(question, Answer(0), time.time(), FAIL, told)
        late_ms = (time.time() - self.due) * 1000
        self.environment.events.request.fire(
            request_type="POST",
            name=question.name,
            response_time=late_ms,
            response_length=0,
            exception=RuntimeError(wrong),
            context={},
        )


UNSENT = Question("", "POST", PAYMENTS, lambda _: None)


def _memory(journey: str) -> Memory:
    """Shared by all who come on this journey."""
    chance = pacing.chance(Customer.plan.seed, journey, "cards")
    return Memory([fresh(chance) for _ in range(CARDS)])


def shared(scenario: Scenario, journeys: dict[str, Any]) -> None:
    """Who is sent: those who have a weight; the others come by themselves."""
    Arrivals.scenario = scenario
    shares = scenario.journeys
    Arrivals.journeys = {n: user for n, user in journeys.items() if shares[n].weight}
