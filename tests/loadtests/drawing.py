"""What a user of a journey asks, visit by visit, as lines of JSON; who answers is right.

python -m tests.loadtests.drawing SEED/JOURNEY/NUMBER …: a line of each, in a process of
its own, since Locust changes the one that imports it.
"""

import json
import sys
from contextlib import suppress
from dataclasses import replace
from importlib import import_module
from itertools import count

from locust.env import Environment
from locust.exception import RescheduleTask

from loadtests.customer import Customer
from loadtests.journeys import JOURNEYS
from loadtests.judging import Answer
from loadtests.plan import Plan
from tests.loadtests.gateway import Books, Problem

VISITS = 30


def drawn(seed, journey, number):
    Customer.plan = replace(Plan(), seed=int(seed))
    module = import_module(f"loadtests.journeys.{journey}")
    kind = getattr(module, JOURNEYS[journey][0])
    kind.host = "http://nobody"
    kind.numbers = count()
    for _ in range(int(number) + 1):
        user = kind(Environment())
    books = Books()

    def ask(question, hurry_ms=None):
        body = dict(question.body or {})
        body.pop("merchant_reference", None)  # like keys, names are new each time
        raw = (question.raw or b"").decode()
        steps.append([question.name, body, raw])
        *_, last = question.path.split("/")
        if question.body and last == "payments":
            return Answer(201, "{}", books.pay(question.body, "0" * 32))
        if question.method == "POST" and last in {"captures", "voids", "refunds"}:
            payment = books.payments[question.path.split("/")[-2]]
            if "what" not in question.name and "too" not in question.name:
                done = books.move(payment, last[:-1], question.body.get("amount"))
                return Answer(201, "{}", done)
        raise RescheduleTask

    user.ask, visits = ask, []
    for _ in range(VISITS):
        steps = []
        with suppress(RescheduleTask, Problem):
            user.visit()
        visits.append([steps, user.wait_time()])
    return visits


if __name__ == "__main__":
    for asked in sys.argv[1:]:
        sys.stdout.write(json.dumps(drawn(*asked.split("/"))) + "\n")
