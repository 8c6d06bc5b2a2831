"""Our instrumentation beside the usual one: `benchmarks.peers`, run and read."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE
from typing import Any

from rich.table import Table

from native.trouble import Trouble

from .plan import Plan
from .ratios import Ratio
from .stacks import console

Peers = dict[str, Any]
"""What it prints last: `peers` by way, and `added_ratio`."""


async def measure(plan: Plan) -> Peers:
    console.print("  Ours beside the usual instrumentation …", style="dim")
    asked = ["--rounds", str(plan.peer_rounds), "--calls", str(plan.peer_calls)]
    run = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.peers", *asked, stdout=PIPE, stderr=PIPE
    )
    try:
        said, wrong = await run.communicate()
    except BaseException:
        if run.returncode is None:
            run.terminate()
            await run.wait()
        raise
    return read(said.decode(), wrong.decode())


def read(said: str, wrong: str = "") -> Peers:
    last = said.strip().rpartition("\n")[2]
    try:
        told: Peers = json.loads(last)
    except ValueError:
        raise Trouble("benchmarks.peers measured nothing.", tail=wrong) from None
    return told


def ratios(peers: Peers) -> list[Ratio]:
    if "added_ratio" not in peers:
        return []
    about = "CPU that our instrumentation adds to a trivial request, of contrib's"
    return [Ratio("added to a request", peers["added_ratio"], about, 0.2)]


def table(peers: Peers) -> Table:
    ways = peers["peers"]
    shown = Table(*(name.replace("_", " ") for name in ways[0]))
    shown.title = "One trivial request, instrumented in several ways"
    for way in ways:
        shown.add_row(*(str(value) for value in way.values()))
    return shown
