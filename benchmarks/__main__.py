"""What the stack can do and what it costs: `python -m benchmarks`.

Prints tables, keeps all figures in dist/bench/, and warns where a ratio is no longer
what `benchmarks/ratios.json` says.
"""

import asyncio
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Awaitable, Callable
from statistics import median
from typing import Any

from . import alone, beside, prices, ratios, results, whole
from .ending import ended
from .plan import LONG, QUICK, Plan
from .ratios import Ratio
from .stacks import NAME, Stack, console, running
from .yardstick import yardstick


class Run:
    """What has been measured so far."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.told: dict[str, Any] = {**results.about(), "quick": plan.quick}
        self.parts: dict[str, Any] = {}
        self.ratios: list[Ratio] = []
        self.sticks: list[float] = []

    @property
    def yardstick_s(self) -> float:
        return median(self.sticks)

    async def whole(self, stack: Stack) -> None:
        found = await whole.measure(stack, self.plan)
        self._keep("stack", found.as_json(), whole.ratios(found, self.yardstick_s))
        for table in whole.tables(found):
            console.print(table)

    async def sustained(self, stack: Stack, rate: float, hold_s: float) -> None:
        found = await whole.sustain(stack, rate, hold_s, self.plan)
        self._keep("sustained", found.as_json(), [])
        for table in whole.tables(found):
            console.print(table)

    async def alone(self, stack: Stack) -> None:
        found = await alone.measure(stack, self.plan)
        told = alone.as_json(found)
        self._keep("alone", told, alone.ratios(found, self.yardstick_s))
        console.print(alone.table(found))

    async def prices(self, stack: Stack) -> None:
        found = await prices.measure(stack, self.plan)
        self._keep("telemetry", found.as_json(), prices.ratios(found))
        console.print(prices.table(found))

    async def peers(self) -> None:
        found = await beside.measure(self.plan)
        self._keep("peers", found, beside.ratios(found))
        console.print(beside.table(found))

    @property
    def kind(self) -> str:
        """A sustained run has no ratios to compare."""
        if "sustained" in self.parts:
            return "sustained"
        return "" if self.parts.keys() == {*PARTS} else "part"

    def stick(self) -> None:
        """The machine is never the same for long."""
        self.sticks.append(yardstick())

    def _keep(self, part: str, told: Any, found: list[Ratio]) -> None:
        self.parts[part] = told
        self.ratios += found

    def as_json(self) -> dict[str, Any]:
        stick = 1000 * self.yardstick_s if self.sticks else None
        told = {**self.told, "yardstick_ms": stick, "parts": self.parts}
        return {**told, "ratios": ratios.as_json(self.ratios)}


OF_THE_STACK: dict[str, Callable[[Run, Stack], Awaitable[None]]] = {
    "stack": Run.whole,
    "alone": Run.alone,
    "telemetry": Run.prices,
}
PARTS = (*OF_THE_STACK, "peers")


def measure(asked: Namespace, run: Run) -> None:
    parts = asked.only or PARTS
    if asked.rate or any(name in OF_THE_STACK for name in parts):
        with running(asked.instance) as stack:
            if asked.rate:
                work = run.sustained(stack, asked.rate, asked.hold)
                _part("sustained", run, work)
            else:
                for name in [each for each in OF_THE_STACK if each in parts]:
                    _part(name, run, OF_THE_STACK[name](run, stack))
    if "peers" in parts and not asked.rate:
        _part("peers", run, run.peers())


def _part(name: str, run: Run, work: Any) -> None:
    console.rule(name)
    run.stick()
    asyncio.run(work)


def parser() -> ArgumentParser:
    words = ArgumentParser("python -m benchmarks", description=__doc__)
    words.add_argument("--quick", action="store_true", help="shorter, and noisier")
    words.add_argument("--only", nargs="+", choices=PARTS, help="these parts")
    words.add_argument("--rate", type=float, help="hold so many payments/s, no more")
    words.add_argument("--hold", type=float, default=600.0, help="for so many seconds")
    words.add_argument("--instance", default=NAME, help="what its own stack is called")
    words.add_argument("--check", nargs="*", help="compare the last run, or this FILE")
    words.add_argument("--keep", action="store_true", help="from now on it is right so")
    words.add_argument("--strict", action="store_true", help="exit 1 when one is worse")
    return words


def judge(asked: Namespace, found: list[Ratio], *, quick: bool) -> int:
    """Warns, and keeps what is to be kept."""
    holds = ratios.show(ratios.compare(found, quick=quick), console) if found else True
    if asked.keep:
        ratios.keep(found)
        console.print(f"Kept in {ratios.FILE}.", soft_wrap=True)
    return 1 if asked.strict and not holds else 0


def checked(asked: Namespace) -> int:
    file, told = results.last(asked.check or ())
    console.print(f"{file}, of {told['at']}", soft_wrap=True)
    return judge(asked, ratios.from_json(told["ratios"]), quick=told["quick"])


def measured(asked: Namespace) -> int:
    run = Run(QUICK if asked.quick else LONG)
    console.print(run.told["machine"], f"load {run.told['load_before']}")
    try:
        measure(asked, run)
    finally:
        if run.parts:
            file = results.save(run.as_json(), run.kind)
            console.print(f"Figures: {file}", soft_wrap=True)
    return judge(asked, run.ratios, quick=run.plan.quick)


def main() -> int:
    """0 also where a ratio is worse, unless --strict; 1 not done; 130 interrupted."""
    asked = parser().parse_args()
    work = measured if asked.check is None else checked
    return ended(lambda: work(asked))


if __name__ == "__main__":
    sys.exit(main())
