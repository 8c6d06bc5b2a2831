"""Light traffic, for as long as the stack is up: once or twice a second somebody pays.

`python -m loadtests.traffic` plays a scenario's open model without an end. While the
gateway is away it waits, and says nothing.
"""

import os
import signal
import sys
import time
from argparse import ArgumentParser, Namespace
from typing import Any, ClassVar
from urllib.request import ProxyHandler, build_opener

import gevent
from gevent.event import Event
from locust.env import Environment

from loadtests import arrivals, scenario
from loadtests.arrivals import Arrivals
from loadtests.customer import Customer
from loadtests.plan import Plan
from loadtests.scenario import Scenario
from loadtests.telemetry import flush, leave
from loadtests.wiring import users_of

SCENARIO = "gentle"
HOST = "http://127.0.0.1:8000"
RATE = 1.5

FOR_EVER_MINUTES = 1e9

ASKED_EVERY_S = 2.0
"""How often it looks whether the gateway is back."""

LATE_S = 5.0
"""What was due longer ago is left out: a machine that slept need not catch up."""

LEAVES_WITHIN_S = 3.0

FORGOTTEN_EVERY_S = 600.0
"""Locust keeps a figure for each second; nobody reads them here."""

_direct = build_opener(ProxyHandler({}))


class Passers(Arrivals):
    """They come at a rate, if there is anybody to pay."""

    is_in_doubt: ClassVar[bool] = True
    """The last request had no answer, or there was none yet."""

    wrong: ClassVar[set[str]] = set()
    """Steps that were answered wrongly: each is told once."""

    def turn(self) -> None:
        while Passers.is_in_doubt:
            if _answers(self.host or HOST):
                Passers.is_in_doubt = False
            else:
                gevent.sleep(ASKED_EVERY_S)
        self.due = max(self.due, time.time() - LATE_S)
        self.next_visit()

    def on_stop(self) -> None:
        gevent.joinall(list(self.under_way), timeout=LEAVES_WITHIN_S)
        gevent.killall(list(self.under_way))


Passers.tasks = [Passers.turn]


def play(name: str, host: str, rate: float | None) -> None:
    """Until the process is asked to end."""
    environment = _sent(scenario.read(name), host, rate)
    over = Event()
    for ending in (signal.SIGTERM, signal.SIGINT):
        gevent.signal_handler(ending, over.set)
    runner = environment.create_local_runner()
    leave(environment)
    sys.stdout.write(f"{name}: {Customer.plan.rate:g} visits a second to {host}\n")
    sys.stdout.flush()
    runner.start(1, spawn_rate=1)
    while not over.wait(timeout=FORGOTTEN_EVERY_S):
        _forget(runner)
    runner.quit()
    flush()


def _sent(played: Scenario, host: str, rate: float | None) -> Environment:
    """Whose visitors come, at which rate, and whom they pay."""
    rate = rate or played.rate or RATE
    Customer.plan = Plan(
        scenario=played.name, rate=rate, minutes=FOR_EVER_MINUTES, host=host
    )
    Customer.host = host
    arrivals.shared(played, users_of(played))
    environment = Environment(user_classes=[Passers], host=host)
    environment.events.request.add_listener(_doubt)  # type: ignore[no-untyped-call]
    return environment


def _doubt(name: str, exception: object, response: Any = None, **_: Any) -> None:
    """Whoever answers wrongly is there; who does not answer at all may be away."""
    if exception is None:
        return
    if not getattr(response, "status_code", 0):
        Passers.is_in_doubt = True
    elif name not in Passers.wrong:
        Passers.wrong.add(name)
        sys.stdout.write(f"wrong: {name}: {exception}\n")
        sys.stdout.flush()


def _answers(host: str) -> bool:
    try:
        _direct.open(f"{host}/livez", timeout=ASKED_EVERY_S).close()
    except OSError:
        return False
    return True


def _forget(runner: Any) -> None:
    runner.stats.reset_all()
    runner.exceptions.clear()


def _asked(words: list[str]) -> Namespace:
    parser = ArgumentParser("python -m loadtests.traffic", description=__doc__)
    host = os.environ.get("LOAD_HOST", HOST)
    parser.add_argument("--host", default=host, help=f"the gateway ({host})")
    parser.add_argument("--scenario", default=SCENARIO, help=f"whose ({SCENARIO})")
    parser.add_argument("--rate", type=float, help="visits a second (the scenario's)")
    return parser.parse_args(words)


def main(words: list[str]) -> int:
    asked = _asked(words)
    try:
        play(asked.scenario, asked.host, asked.rate)
    except scenario.Faulty as fault:
        sys.stderr.write(f"{fault}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
