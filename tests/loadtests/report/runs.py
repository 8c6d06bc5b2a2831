"""Runs made by hand: what is in them is known, so what is said of them can be checked."""

import json
import random

STARTED = 1_795_000_000.0


def line(at=0.0, ms=20.0, **more):
    """One order below the floor, answered in so many milliseconds."""
    number = more.pop("number", int(at * 1000))
    start = STARTED + at
    return {
        "step": "pay below the floor",
        "journey": "shopper",
        "kind": "floor",
        "method": "POST",
        "path_template": "/api/v1/payments",
        "key": f"key-{number}",
        "body_hash": "b",
        "start": start,
        "end": start + ms / 1000,
        "due": start,
        "status": 201,
        "payment_id": f"payment-{number}",
        "outcome": "authorised",
        "response_code": "ACCEPTED",
        "mode": "STANDARD",
        "answer_hash": "a",
        "result": "ok",
        "wrong": None,
        "trace_id": f"{number:032x}",
    } | more


BANK = {"kind": "bank", "step": "pay through the bank"}
SILENCE = {
    "status": None,
    "result": "indeterminate",
    "wrong": "silence: nothing came back",
    "payment_id": None,
    "outcome": None,
    "response_code": None,
    "mode": None,
}
SHED = SILENCE | {"status": 503, "wrong": "status: 503, not 201"}
HURRIED = SILENCE | {"status": 504, "wrong": None}
WRONG = {"result": "fail", "wrong": "decision: declined, not authorised"}


def write(home, lines, **facts):
    """A run's directory."""
    home.mkdir(parents=True, exist_ok=True)
    told = {
        "run_id": home.name,
        "shape": "steady",
        "scenario": "mixed",
        "seed": 7,
        "users": 20,
        "rate": None,
        "minutes": 1,
        "processes": 1,
        "host": "http://127.0.0.1:8000",
        "started": STARTED,
        "ended": STARTED + 60,
        "locust_cpu_s": 12.0,
        "locust_cpu_share": 0.2,
        "sampled": True,
        "stages": [{"at": 0, "users": 20, "rate": None}],
        "aborted": False,
    } | facts
    (home / "run.json").write_text(json.dumps(told))
    text = "".join(json.dumps(each) + "\n" for each in lines)
    (home / "history.jsonl").write_text(text)
    return home


def usual(seconds=60, per_second=10, seed=1, slower=1.0):
    """A run as it is on a good day: six in ten below the floor."""
    chance = random.Random(seed)  # noqa: S311  (chance here is no secret)
    lines = []
    for number in range(seconds * per_second):
        at = number / per_second
        ms = slower * chance.lognormvariate(3.4, 0.3)
        bank = BANK if chance.random() < 0.4 else {}
        more = slower * 20 if bank else 0
        lines.append(line(at, ms + more, number=number, **bank))
    return lines


def climbing(steps=8, seconds=20, seed=1):
    """A run that looks for the knee, and its stages: from step 6 on it does not keep up."""
    chance, lines, stages, number = random.Random(seed), [], [], 0  # noqa: S311
    for step in range(steps):
        rate = 10 * (step + 1)
        stages.append({"at": step * seconds, "users": rate, "rate": None})
        broken = step >= 5
        for each in range(rate * seconds):
            at = step * seconds + each / rate
            bank = BANK if chance.random() < 0.4 else {}
            ms = chance.lognormvariate(6.4 if broken else 3.2 + step * 0.15, 0.45)
            ms += 18 if bank else 0
            bad = broken and chance.random() < 0.06
            fault = chance.choice([SILENCE, SHED, SHED]) if bad else {}
            lines.append(line(at, ms, **{**bank, **fault, "number": number}))
            number += 1
    lines[40] |= WRONG
    facts = {"shape": "break", "stages": stages, "ended": STARTED + steps * seconds}
    return lines, facts
