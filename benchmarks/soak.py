"""Whether a stack that pays for long stays as it is: `python -m benchmarks.soak`.

Payments at a rate; memory and open files of each process every ten seconds; then what
is left to do. The verdict is on the memory of the whole and on what is left.
"""

import asyncio
import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Awaitable

from rich.table import Table

from . import costs, lag, results
from .ending import ended
from .figures import percentiles
from .paying import Offered, offer
from .phases import MS
from .samples import MOST_GROWTH, Sample, Soak
from .stacks import Stack, console, running

WARM_S, EVERY_S = 120.0, 10.0
SETTLES_WITHIN_S = 90.0
TOLD_EVERY = 6
NAME = "soak"


async def sampled(
    stack: Stack, paying: Awaitable[Offered], warm_s: float
) -> tuple[Offered, list[Sample]]:
    """Look every ten seconds while payments go on."""
    samples: list[Sample] = []
    work, begun = asyncio.ensure_future(paying), time.monotonic() + warm_s
    try:
        await asyncio.wait([work], timeout=warm_s)
        while not work.done():
            samples.append(await asyncio.to_thread(_sample, stack, begun))
            if len(samples) % TOLD_EVERY == 1:
                _tell(samples[-1])
            await asyncio.wait([work], timeout=EVERY_S)
    finally:
        work.cancel()
    return await work, samples


def _sample(stack: Stack, begun: float) -> Sample:
    at = time.monotonic() - begun
    return Sample(at, costs.memory(stack.name), costs.open_files(stack.name))


def _tell(sample: Sample) -> None:
    size = costs.whole(sample.memory)
    told = f"  {sample.at / 60:.0f} min: {size.pss:.0f} MiB PSS, {size.rss:.0f} MiB RSS"
    console.print(told, style="dim", highlight=False)


async def measure(stack: Stack, minutes: float, rate: float, warm_s: float) -> Soak:
    paying = offer(stack.url, rate, warm_s + 60 * minutes)
    offered, samples = await sampled(stack, paying, warm_s)
    await lag.settled(stack.ports, SETTLES_WITHIN_S)
    return Soak(
        minutes,
        rate,
        samples,
        offered.paid,
        offered.errors,
        dict(offered.wrong),
        {
            path: {name: MS * each for name, each in percentiles(times).items()}
            for path, times in offered.times.items()
        },
        await lag.left(stack.ports),
    )


def table(soak: Soak) -> Table:
    """Those that grow too much are red."""
    shown = Table("process", "first MiB", "last MiB", "growth", "line, MiB/h", "files")
    shown.title = f"{soak.minutes:g} minutes at {soak.rate:g} payments/s"
    for each in soak.growths:
        sizes = (f"{each.first:.1f}", f"{each.last:.1f}", f"{each.by_tenths:+.1%}")
        style = "red" if each.by_tenths > MOST_GROWTH else None
        files = "{} to {}".format(*each.files)
        shown.add_row(each.process, *sizes, f"{each.per_hour:+.1f}", files, style=style)
    return shown


def show(soak: Soak) -> None:
    console.print(table(soak))
    for path, times in soak.paths.items():
        told = ", ".join(f"{name} {each:.0f} ms" for name, each in times.items())
        console.print(f"{path}: {told}")
    console.print(f"{soak.paid} paid, {soak.errors:.3%} errors {soak.wrong or ''}")
    console.print(f"Left to do: {soak.left or 'nothing'}")
    if soak.is_good:
        console.print("It stays as it is.", style="bold green")
    else:
        console.print("It does not stay as it is.", style="bold red")


def run(asked: Namespace) -> int:
    about = results.about()
    with running(asked.instance) as stack:
        soak = asyncio.run(measure(stack, asked.minutes, asked.rate, asked.warm))
    show(soak)
    file = results.save({**about, **soak.as_json()}, "soak")
    console.print(f"Figures: {file}", soft_wrap=True)
    return 0 if soak.is_good else 1


def parser() -> ArgumentParser:
    words = ArgumentParser("python -m benchmarks.soak", description=__doc__)
    words.add_argument("--minutes", type=float, default=30.0)
    words.add_argument("--rate", type=float, default=10.0, help="payments/s")
    words.add_argument("--warm", type=float, default=WARM_S, help="seconds before")
    words.add_argument("--instance", default=NAME, help="what its stack is called")
    return words


def main() -> int:
    """0 it stays as it is, 1 it does not, or could not be measured."""
    asked = parser().parse_args()
    return ended(lambda: run(asked))


if __name__ == "__main__":
    sys.exit(main())
