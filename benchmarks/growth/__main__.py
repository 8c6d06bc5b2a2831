"""What growth costs: `python -m benchmarks.growth`.

Replicas of payments, users, stored payments, a long stream; parts can be chosen.
"""

import asyncio
import sys
from argparse import ArgumentParser, Namespace
from dataclasses import asdict
from typing import Any

import uvloop

from benchmarks import replay, results
from benchmarks.ending import ended
from benchmarks.stacks import EVENLY, Stack, console, running

from . import replicas, stored, users

NAME = "growth"
EVENTS = 1_000_000
PARTS = ("replicas", "users", "stored", "stream")


def of_replicas(stack: Stack, asked: Namespace) -> Any:
    found = asyncio.run(replicas.measure(stack, asked.seconds or replicas.SECONDS))
    console.print(replicas.table(found))
    return {number: asdict(each) for number, each in found.items()}


def of_users(stack: Stack, asked: Namespace) -> Any:
    found = asyncio.run(users.measure(stack, asked.seconds or users.SECONDS))
    console.print(users.table(found))
    return {number: asdict(each) for number, each in found.items()}


def of_stored(stack: Stack, asked: Namespace) -> Any:
    found = asyncio.run(stored.measure(stack, tuple(asked.sizes)))
    for table in stored.tables(found):
        console.print(table)
    for wrong in (not_flat := stored.grown(found)):
        console.print(f"Not flat: {wrong}", style="bold red", highlight=False)
    return {"sizes": stored.as_json(found), "not_flat": not_flat}


def of_stream(asked: Namespace) -> Any:
    replay.quietly()
    filled, found = uvloop.run(replay.measure(asked.events, rounds=1))
    console.print(f"  NATS has {filled.nats_mib:.0f} MiB once it is full.", style="dim")
    console.print(replay.table(filled, found))
    return {"filled": asdict(filled), "replayed": [asdict(each) for each in found]}


OF_THE_STACK = {"replicas": of_replicas, "users": of_users, "stored": of_stored}


def run(asked: Namespace) -> int:
    told: dict[str, Any] = results.about()
    try:
        measure(asked, told)
    finally:
        file = results.save(told, "growth")
        console.print(f"Figures: {file}", soft_wrap=True)
    return 0


def measure(asked: Namespace, told: dict[str, Any]) -> None:
    """One stack for all parts that need one: the books are filled last."""
    wanted = [name for name in OF_THE_STACK if name in asked.only]
    if wanted:
        with running(asked.instance, EVENLY) as stack:
            for name in wanted:
                console.rule(name)
                told[name] = OF_THE_STACK[name](stack, asked)
    if "stream" in asked.only:
        console.rule("stream")
        told["stream"] = of_stream(asked)


def parser() -> ArgumentParser:
    words = ArgumentParser("python -m benchmarks.growth", description=__doc__)
    words.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    words.add_argument("--sizes", nargs="+", type=int, default=list(stored.SIZES))
    words.add_argument("--events", type=int, default=EVENTS)
    words.add_argument("--seconds", type=float, help="each step of replicas and users")
    words.add_argument("--instance", default=NAME, help="what its stack is called")
    return words


def main() -> int:
    asked = parser().parse_args()
    return ended(lambda: run(asked))


if __name__ == "__main__":
    sys.exit(main())
