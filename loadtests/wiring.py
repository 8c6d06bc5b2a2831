"""What Locust is given: users and a shape by the plan, and who listens when it runs."""

import os
from importlib import import_module
from pathlib import Path
from typing import Any

import gevent
from locust import events
from locust.runners import MasterRunner, WorkerRunner

from loadtests import progress, scenario
from loadtests.arrivals import Arrivals, shared
from loadtests.climbing import Climb
from loadtests.customer import Customer
from loadtests.history import History
from loadtests.journeys import JOURNEYS
from loadtests.knee import Bearable
from loadtests.measuring import Costs
from loadtests.plan import Plan
from loadtests.scenario import Scenario
from loadtests.telemetry import leave

FOLDER = Path(os.environ["LOAD_RUN"]) if "LOAD_RUN" in os.environ else None
"""The run's directory; without one, Locust was started by hand."""

PLAN = Plan.read(FOLDER) if FOLDER else Plan()


def users_of(played: Scenario) -> dict[str, type[Customer]]:
    """The class of each journey, with its part of the load."""
    found = {}
    for name, share in played.journeys.items():
        module = import_module(f"loadtests.journeys.{name}")
        user: type[Customer] = getattr(module, JOURNEYS[name][0])
        user.weight, user.fixed_count = share.weight or 1, share.users
        user.pace = share.pace
        found[name] = user
    return found


def offered(plan: Plan = PLAN) -> list[type]:
    """What Locust is to start: users, or who sends them; and the shape of the load."""
    played = scenario.read(plan.scenario)
    Customer.plan = plan
    Customer.history = History(os.environ.get("LOAD_HISTORY"))
    users = users_of(played)
    if FOLDER is None:
        return list(users.values())
    Climb.plan = plan
    if plan.bearable:
        Climb.bearable = Bearable(**plan.bearable)
    if not plan.is_open:
        return [*users.values(), Climb]
    shared(played, users)
    Arrivals.fixed_count = plan.processes
    beside = [user for name, user in users.items() if name not in Arrivals.journeys]
    Climb.alone = sum(user.fixed_count for user in beside)
    return [Arrivals, *beside, Climb]


def about() -> dict[str, str | int | float | bool | None] | None:
    """What boards and logs are told of a run."""
    if FOLDER is None:
        return None
    return {
        "run_id": PLAN.run_id,
        "shape": PLAN.shape,
        "scenario": PLAN.scenario,
        "seed": PLAN.seed,
        "users": PLAN.users,
        "rate": PLAN.rate,
    }


@events.init.add_listener  # type: ignore[untyped-decorator]
def _begins(environment: Any, **_: Any) -> None:
    leave(environment, about())
    runner = environment.runner
    if FOLDER and not isinstance(runner, WorkerRunner):
        gevent.spawn(progress.show, runner, PLAN)


@events.test_start.add_listener  # type: ignore[untyped-decorator]
def _load_begins(environment: Any, **_: Any) -> None:
    """Only now a worker knows which of them it is."""
    runner = environment.runner
    environment.costs = Costs()
    Arrivals.unsent = Customer.broken = 0
    if FOLDER and not isinstance(runner, MasterRunner):
        alone = not isinstance(runner, WorkerRunner)
        Customer.place = 0 if alone else runner.worker_index
        name = "history.jsonl" if alone else f"history-{Customer.place}.jsonl"
        Customer.history = History(FOLDER / name)


@events.user_error.add_listener  # type: ignore[untyped-decorator]
def _visit_broke(**_: Any) -> None:
    """A fault of ours, not of who was asked."""
    Customer.broken += 1


@events.test_stopping.add_listener  # type: ignore[untyped-decorator]
def _load_ends(environment: Any, **_: Any) -> None:
    environment.costs.ends()


@events.test_stop.add_listener  # type: ignore[untyped-decorator]
def _load_is_over(environment: Any, **_: Any) -> None:
    runner = environment.runner
    if FOLDER is None:
        return
    leads = isinstance(runner, MasterRunner)
    found = {"not_sent": Arrivals.unsent, "broken_visits": Customer.broken}
    if environment.shape_class and not isinstance(runner, WorkerRunner):
        found |= environment.shape_class.found()
    environment.costs.written(FOLDER, "master" if leads else Customer.place, **found)
