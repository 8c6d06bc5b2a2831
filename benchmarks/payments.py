"""What the whole stack can do on this machine: `python -m benchmarks.payments`.

Offers payments in steps until the stack no longer keeps up, holds a little less than
that for three minutes, and ten a second for one. All telemetry is on.
"""

import asyncio
import os
import subprocess
import sys
from argparse import ArgumentParser, Namespace
from collections import Counter
from typing import Any

import psutil
from rich.table import Table

from benchmarks import costs
from benchmarks.costs import console
from benchmarks.paying import BANK, FLOOR, Offered, offer
from native.figures import machine
from native.ports import Ports

FIRST, GROWTH, STEP_S = 12.0, 1.2, 20.0
HELD, HOLD_S = 0.87, 180.0
QUIET_RATE, QUIET_S = 10.0, 60.0
MOST_ERRORS, SLOWEST_S = 0.001, 1.0
"""The stack keeps up while fewer fail, and 99 of 100 are answered within this."""


def keeps_up(offered: Offered) -> bool:
    return offered.errors < MOST_ERRORS and offered.at(0.99) < SLOWEST_S


async def knee(url: str) -> float:
    """The highest rate at which the stack kept up."""
    rate, best = FIRST, 0.0
    while True:
        offered = await offer(url, rate, STEP_S)
        _tell(offered)
        if not keeps_up(offered):
            return best or rate
        rate, best = rate * GROWTH, rate


def _tell(offered: Offered) -> None:
    wrong = f", {dict(offered.wrong)}" if offered.wrong else ""
    console.print(
        f"{offered.rate:6.1f}/s for {offered.seconds:g} s: {offered.paid} paid,"
        f" p50 {_ms(offered.at(0.5))}, p99 {_ms(offered.at(0.99))}{wrong}",
        style="dim",
    )


async def measure(asked: Namespace) -> None:
    ports = Ports.load(asked.instance)
    url = ports.url("GATEWAY_PORT")
    busy = psutil.cpu_percent(5.0)
    console.print(f"{machine()}\nBefore: CPU {busy:.0f} % busy, {os.getloadavg()}")
    await offer(url, QUIET_RATE, 15.0)
    quiet = await offer(url, QUIET_RATE, QUIET_S)
    _tell(quiet)
    rate = asked.rate or HELD * await knee(url)
    await costs.drained(ports)
    before = costs.cpu(asked.instance)
    held = await offer(url, rate, asked.hold)
    after = costs.cpu(asked.instance)
    _tell(held)
    memory = costs.memory(asked.instance)
    left = await costs.drained(ports)
    used = {name: after[name] - before[name] for name in after}
    console.print(_figures(held, quiet, left, busy))
    console.print(_processes(held, used, memory))
    for path, amount in ((FLOOR, 5_000), (BANK, 15_000)):
        console.print(_statements(path, costs.statements(ports, amount)))


def _figures(held: Offered, quiet: Offered, left: float, busy: float) -> Table:
    table = Table("figure", f"{held.rate:.0f}/s", f"{quiet.rate:.0f}/s")
    table.title = f"{machine()}; before it began {busy:.0f} % busy"
    rows = (held, quiet)
    table.add_row("held for", *(f"{each.seconds:g} s" for each in rows))
    table.add_row("payments/s", *(f"{each.paid / each.seconds:.1f}" for each in rows))
    table.add_row("errors", *(f"{each.errors:.3%}" for each in rows))
    for path in (FLOOR, BANK):
        for share in (0.5, 0.95, 0.99):
            times = (_ms(each.at(share, path)) for each in rows)
            table.add_row(f"{path}, p{share * 100:.0f}", *times)
    table.add_row("nothing left to do after", f"{left:.1f} s", "")
    return table


def _processes(
    held: Offered, used: dict[str, float], memory: dict[str, float]
) -> Table:
    table = Table("process", "CPU ms per payment", "share", "PSS MiB")
    ours = sum(used[name] for name in memory)
    for name in sorted(memory, key=lambda name: -used[name]):
        each = 1000 * used[name] / held.paid
        shares = f"{used[name] / ours:.0%}", f"{memory[name]:.0f}"
        table.add_row(name, f"{each:.1f}", *shares)
    total = f"{sum(memory.values()):.0f}"
    table.add_row("stack", f"{1000 * ours / held.paid:.1f}", "100%", total)
    rest = used["machine"] - ours
    table.add_row("all else, this client too", f"{1000 * rest / held.paid:.1f}", "", "")
    return table


def _statements(path: str, asked: Counter[tuple[str, str]]) -> Table:
    """BEGIN has no span of its own; there is one for each COMMIT."""
    table = Table("service", "statement", "times", title=f"{path}: before the answer")
    for (service, name), times in asked.items():
        table.add_row(service, name, str(times))
    return table


def _ms(seconds: float) -> str:
    return f"{1000 * seconds:.0f} ms"


def native(*words: Any) -> None:
    subprocess.run([sys.executable, "-m", "native", *words], check=True)  # noqa: S603  (ours)


def main() -> None:
    asked = ArgumentParser(description=__doc__)
    asked.add_argument("--instance", help="one that is up; or else one of its own")
    asked.add_argument("--rate", type=float, help="hold this, look for no knee")
    asked.add_argument("--hold", type=float, default=HOLD_S, help="seconds")
    given = asked.parse_args()
    if given.instance:
        asyncio.run(measure(given))
        return
    given.instance = "bench"
    native("up", "--instance", "bench", "--no-story")
    try:
        asyncio.run(measure(given))
    finally:
        native("down", "--instance", "bench")


if __name__ == "__main__":
    main()
