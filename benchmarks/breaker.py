"""What a call through the policies costs: CPU per call, ours beside interlock's breaker.

`python -m benchmarks.breaker` prints medians of rounds taken in turn, one process.
"""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable

import interlock
from rich.console import Console
from rich.table import Table

from apps.kit.breaker import Breaker, BreakerOpen
from apps.kit.bulkheads import Bulkhead
from apps.kit.circuit import Policy
from apps.kit.retries import Patience, Retries
from apps.kit.shedding import Bounds, Shedder
from apps.kit.testing import Told

ROUNDS = 15
CALLS = 4_000

Work = Callable[[], Awaitable[object]]

console = Console(width=88)


async def answers() -> None:
    """The call itself, which costs nothing."""


async def _bare() -> None:
    await answers()


def _ours() -> Work:
    breaker = Breaker("bank", Policy())
    return lambda: breaker.call(answers)


def _ours_by_time() -> Work:
    breaker = Breaker("fraud", Policy(within_s=10.0))
    return lambda: breaker.call(answers)


def _ours_open() -> Work:
    breaker = Breaker("bank", Policy(open_s=3_600.0))
    breaker.circuit.trip()
    return _refused(lambda: breaker.call(answers), BreakerOpen)


def _interlocks() -> Work:
    breaker = interlock.CircuitBreaker(name="bank", config=interlock.Config())
    return lambda: breaker.call(answers)


def _interlocks_open() -> Work:
    breaker = interlock.CircuitBreaker(name="bank", config=interlock.Config())
    breaker.force_open()
    return _refused(lambda: breaker.call(answers), interlock.CircuitOpenError)


def _all() -> Work:
    """Bulkhead, retries and breaker, as payments asks the bank."""
    breaker, bulkhead = Breaker("bank", Policy()), Bulkhead("bank", 40)
    retries = Retries("bank", Patience())

    async def asks() -> None:
        async with bulkhead.place():
            await retries.run(lambda: breaker.call(answers))

    return asks


def _shed() -> Work:
    shedder = Shedder(Bounds(4, 500, 50, target_s=0.25))

    async def asks() -> None:
        shedder.enter()
        shedder.leave(0.01, 200)

    return asks


def _refused(work: Work, by: type[Exception]) -> Work:
    async def asks() -> None:
        try:
            await work()
        except by:
            return

    return asks


WAYS: dict[str, Callable[[], Work]] = {
    "nothing in between": lambda: _bare,
    "our breaker, by count": _ours,
    "our breaker, by time": _ours_by_time,
    "our breaker, open": _ours_open,
    "interlock's breaker": _interlocks,
    "interlock's breaker, open": _interlocks_open,
    "bulkhead, retries and breaker": _all,
    "shedder": _shed,
}


async def _round(work: Work) -> float:
    """Microseconds of CPU per call."""
    begun = time.process_time()
    for _ in range(CALLS):
        await work()
    return (time.process_time() - begun) / CALLS * 1e6


async def main() -> None:
    Told()  # the counters count: without it they cost nothing, and tell nothing
    works = {name: make() for name, make in WAYS.items()}
    took: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(ROUNDS):
        for name, work in works.items():
            took[name].append(await _round(work))
    table = Table("call through", "µs of CPU", "spread")
    for name, each in took.items():
        spread = f"{min(each):.1f} to {max(each):.1f}"
        table.add_row(name, f"{statistics.median(each):.1f}", spread)
    console.print(table)


if __name__ == "__main__":
    asyncio.run(main())
