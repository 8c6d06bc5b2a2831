"""Visits that are due while the gateway never answers, told as JSON.

python -m tests.loadtests.arriving RATE SECONDS MOST: in a process of its own, since
Locust changes the one that imports it.
"""

import json
import sys
from dataclasses import replace
from pathlib import Path

import gevent
from locust.env import Environment

from loadtests import arrivals
from loadtests.customer import Customer
from loadtests.history import History
from loadtests.plan import Plan
from loadtests.scenario import Scenario, Share

FILE = Path("history.jsonl")
UNDER_WAY_S = 60


class Stuck(Customer):
    """He is never answered."""

    journey = "till"
    begun = 0

    def visit(self):
        Stuck.begun += 1
        gevent.sleep(UNDER_WAY_S)


def main(rate, seconds, most):
    plan = Plan(shape="open", rate=float(rate), minutes=1.0, seed=7)
    Customer.plan, Customer.history = replace(plan, processes=2), History(FILE)
    arrivals.WAITING, arrivals.PATIENCE_S = int(most), 0.1
    share = Share(1.0, (0.0, 0.0))
    played = Scenario("stuck", "Nobody is answered.", {"till": share}, "constant")
    arrivals.shared(played, {"till": Stuck})
    environment = Environment(
        user_classes=[arrivals.Arrivals], host="http://127.0.0.1:1"
    )
    runner = environment.create_local_runner()
    runner.start(1, spawn_rate=1)
    gevent.sleep(float(seconds))
    runner.quit()
    told = {
        "begun": Stuck.begun,
        "not_sent": arrivals.Arrivals.unsent,
        "failures": environment.stats.total.num_failures,
        "lines": [json.loads(line) for line in FILE.read_text().splitlines()],
    }
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
