"""What is measured when things fail: `python -m benchmarks.resilience`.

Two replicas of payments and links that can be broken, on a stack of its own, all
telemetry on. Three rounds of each; what is compared is measured within one round.
"""

import asyncio
import sys
import tempfile
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from rich.table import Table

from benchmarks import breakers, lag
from benchmarks.books import Book
from benchmarks.ending import ended
from benchmarks.stacks import NAME, console, running
from benchmarks.tills import Tills, usual
from loadtests.history import History
from native.backends import Backends, until
from native.faults import Faults
from native.figures import machine
from native.ports import Ports

RATE = 5.0
LATE_S, OPEN_S = 5.0, 30.0
AWAY_S = 30.0
TILLS, CAPACITY_S = 8, 20.0
TIMES, OVERLOAD_S = 10, 30.0
IN_TIME_S = 1.0
"""A payment that takes longer is no good any more when the stack is overrun."""

Figures = dict[str, float]


@dataclass(frozen=True)
class Bench:
    """The stack that is measured."""

    ports: Ports
    backends: Backends
    faults: Faults
    tills: Tills

    def rests(self) -> None:
        asyncio.run(lag.drained(self.ports))


def stalled(bench: Bench) -> Figures:
    """The bank answers, but five seconds late."""
    loki, since = bench.backends.loki, time.time_ns()
    with bench.tills.open(RATE) as book, bench.faults.slow("bank", LATE_S):
        begun = time.time()
        opened = until(lambda: breakers.opened(loki, since), within=60)
        time.sleep(OPEN_S)
        ended = time.time()
    asked = book.that(lambda each: each.asks_the_bank)
    waited = asked.between(begun, min(opened))
    spared = asked.between(max(opened), ended)
    until(lambda: _closed(bench, since), within=120)
    return {
        "opens after, s": min(opened) - begun,
        "in both replicas after, s": max(opened) - begun,
        "p50 before, ms": 1000 * waited.at(0.5),
        "p99 before, ms": 1000 * waited.at(0.99),
        "p50 after, ms": 1000 * spared.at(0.5),
        "p99 after, ms": 1000 * spared.at(0.99),
        "answers 5xx, %": _errors(book),
    }


def away(bench: Bench) -> Figures:
    """Nobody listens where the bank was."""
    loki, since = bench.backends.loki, time.time_ns()
    with bench.tills.open(RATE) as book:
        with bench.faults.down("bank"):
            begun = time.time()
            opened = until(lambda: breakers.opened(loki, since), within=60)
            time.sleep(max(0.0, begun + AWAY_S - time.time()))
        ended = time.time()
        closed = until(lambda: breakers.closed(loki, since), within=120) or ended
    asked = book.between(begun, ended).that(lambda each: each.asks_the_bank)
    return {
        "opens after, s": min(opened) - begun,
        "p50 meanwhile, ms": 1000 * asked.at(0.5),
        "p99 meanwhile, ms": 1000 * asked.at(0.99),
        "answers 5xx, %": _errors(book),
        "asks again after, s": closed - ended,
    }


def overload(bench: Bench) -> Figures:
    """Ten times as many orders as it can answer, whoever waits or not."""
    tills = bench.tills
    could = tills.order_by(TILLS, CAPACITY_S).that(lambda each: each.is_paid)
    capacity = len(could) / CAPACITY_S
    bench.rests()
    book = tills.order_for(OVERLOAD_S, TIMES * capacity, usual)
    ended = time.time()
    after = tills.order_for(15.0, capacity / 2, usual)
    bench.rests()
    paid = book.that(lambda each: each.is_paid)
    refused = book.that(lambda each: each.first in {429, 503})
    late = [each for each in after if not each.is_paid or each.seconds > IN_TIME_S]
    recovered = max((each.due + each.seconds for each in late), default=ended)
    in_time = paid.that(lambda each: each.seconds <= IN_TIME_S)
    return {
        "capacity, /s": capacity,
        "p99 at capacity, ms": 1000 * could.at(0.99),
        "offered, /s": (len(book) + book.not_sent) / OVERLOAD_S,
        "goodput, % of capacity": 100 * len(paid) / OVERLOAD_S / capacity,
        "paid within 1 s, % of capacity": 100 * len(in_time) / OVERLOAD_S / capacity,
        "p99 of the paid, ms": 1000 * paid.at(0.99),
        "refused, %": 100 * len(refused) / len(book),
        "neither, %": 100 * (len(book) - len(paid) - len(refused)) / len(book),
        "p50 of refusals, ms": 1000 * refused.at(0.5),
        "p99 of refusals, ms": 1000 * refused.at(0.99),
        "as before after, s": recovered - ended,
    }


PARTS: dict[str, Callable[[Bench], Figures]] = {
    "the bank answers 5 s late": stalled,
    "the bank is away": away,
    "ten times the load": overload,
}


def measure(asked: Namespace, ports: Ports, folder: Path) -> None:
    with Backends.of(ports) as backends:
        url = ports.url("GATEWAY_PORT")
        tills = Tills(url, History(str(folder / "history.jsonl")), patient=False)
        bench = Bench(ports, backends, Faults(ports), tills)
        tills.order_for(10.0, RATE)
        console.print(machine())
        for name, part in PARTS.items():
            if asked.only in name:
                rounds = [_round(name, part, bench) for _ in range(asked.rounds)]
                console.print(_table(name, rounds))


def _round(name: str, part: Callable[[Bench], Figures], bench: Bench) -> Figures:
    bench.rests()
    figures = part(bench)
    told = ", ".join(f"{each} {value:.1f}" for each, value in figures.items())
    console.print(f"{name}: {told}", style="dim")
    return figures


def _table(name: str, rounds: list[Figures]) -> Table:
    table = Table("figure", "median", "of", title=name)
    for figure in rounds[0]:
        values = [each[figure] for each in rounds]
        every = " ".join(f"{value:.1f}" for value in sorted(values))
        table.add_row(figure, f"{median(values):.1f}", every)
    return table


def _closed(bench: Bench, since: int) -> float | None:
    """Somebody must ask, or nobody learns that the bank is back."""
    bench.tills.order_for(1.0, RATE)
    return breakers.closed(bench.backends.loki, since)


def _errors(book: Book) -> float:
    return 100 * len(book.errors) / len(book)


def run(asked: Namespace) -> int:
    with (
        running(asked.instance, replicas=2, faults=True) as stack,
        tempfile.TemporaryDirectory() as folder,
    ):
        measure(asked, stack.ports, Path(folder))
    return 0


def main() -> int:
    words = ArgumentParser(description=__doc__)
    words.add_argument("--rounds", type=int, default=3)
    words.add_argument("--only", default="", help="parts whose names contain this")
    words.add_argument("--instance", default=NAME, help="what its own stack is called")
    asked = words.parse_args()
    return ended(lambda: run(asked))


if __name__ == "__main__":
    sys.exit(main())
