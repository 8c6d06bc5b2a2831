"""Where a service's time goes: `python -m benchmarks.profiling --service payments`.

Samples a running service while payments are offered to its stack; tells by whose code
it was busy, and leaves the stacks and a flame graph in dist/profiles/.
"""

import asyncio
import sys
from argparse import ArgumentParser, Namespace
from asyncio.subprocess import PIPE
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from rich.table import Table

from native.environment import SERVICES
from native.paths import ROOT
from native.trouble import Trouble

from . import collapsed, flames, paying
from .ending import ended
from .stacks import Stack, console, running

PLACE = ROOT / "dist" / "profiles"
RATE, SECONDS, TIMES_A_SECOND, WARM_S = 10.0, 20.0, 250, 8.0
NAME = "profile"
MOST = 15
SPY = Path(sys.executable).with_name("py-spy")


async def measure(stack: Stack, asked: Namespace) -> list[Path]:
    """Every wished service, one after the other, under the same load."""
    files = []
    await paying.offer(stack.url, asked.rate, WARM_S)
    for name in asked.service:
        offering = paying.offer(stack.url, asked.rate, asked.seconds + 2)
        load = asyncio.create_task(offering)
        try:
            await asyncio.sleep(1.0)
            files.append(await record(stack, name, asked))
        finally:
            await load
    return files


async def record(stack: Stack, name: str, asked: Namespace) -> Path:
    pid = stack.supervisor.pid(name)
    console.print(f"  {name} for {asked.seconds:g} s …", style="dim")
    PLACE.mkdir(parents=True, exist_ok=True)
    file = PLACE / f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{name}.collapsed"
    words = ["record", "--pid", str(pid), "--duration", f"{asked.seconds:.0f}"]
    words += ["--rate", str(TIMES_A_SECOND), "--format", "raw", "--output", str(file)]
    words += ["--full-filenames", *([] if asked.idle_too else ["--gil"])]
    spy = await asyncio.create_subprocess_exec(SPY, *words, stdout=PIPE, stderr=PIPE)
    try:
        _, said = await spy.communicate()
    except BaseException:
        if spy.returncode is None:
            spy.terminate()
            await spy.wait()
        raise
    if spy.returncode or not file.is_file():
        told = said.decode(errors="replace").strip()
        raise Trouble(f"py-spy cannot look into {name}.", "ask as root.", tail=told)
    return file


def show(file: Path, title: str) -> None:
    stacks = collapsed.read(file)
    drawn = file.with_suffix(".svg")
    drawn.write_text(flames.svg(stacks, title))
    console.print(table(collapsed.by_group(stacks), title, "whose code"))
    top = Counter(dict(collapsed.by_function(stacks).most_common(MOST)))
    console.print(table(top, "The functions most at work", "function", of=stacks))
    console.print(f"{file}\n{drawn}", soft_wrap=True, style="dim")


def table(
    found: Counter[str],
    title: str,
    what: str,
    of: list[collapsed.Stack] | None = None,
) -> Table:
    """Shares of all samples, the largest first."""
    whole = sum(each.times for each in of) if of is not None else found.total()
    shown = Table(what, "samples", "share", title=title)
    for name, times in found.most_common():
        shown.add_row(name, str(times), f"{times / max(1, whole):.0%}")
    return shown


def run(asked: Namespace) -> int:
    if not SPY.is_file():
        raise Trouble("py-spy is not installed.", "make setup")
    if asked.instance:
        files = asyncio.run(measure(Stack.that_is_up(asked.instance), asked))
    else:
        with running(NAME) as stack:
            files = asyncio.run(measure(stack, asked))
    for name, file in zip(asked.service, files, strict=True):
        show(file, f"{name} at {asked.rate:g} payments/s")
    return 0


def parser() -> ArgumentParser:
    words = ArgumentParser("python -m benchmarks.profiling", description=__doc__)
    words.add_argument("--service", nargs="+", default=["payments"], choices=SERVICES)
    words.add_argument("--seconds", type=float, default=SECONDS)
    words.add_argument("--rate", type=float, default=RATE, help="payments/s")
    words.add_argument("--instance", help="one that is up; or else one of its own")
    words.add_argument(
        "--idle-too", action="store_true", help="also who holds no interpreter lock"
    )
    return words


def main() -> int:
    asked = parser().parse_args()
    return ended(lambda: run(asked))


if __name__ == "__main__":
    sys.exit(main())
