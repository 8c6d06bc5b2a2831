"""`python -m loadtests.report.compare A B`: two runs side by side; B is the last one."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path

from rich.console import Console
from rich.table import Table

from native.paths import DATA
from prometheus import slo
from prometheus.slo import Promises

from . import overlaid
from .comparing import Comparison, Ratio
from .findings import Findings, find
from .locating import located
from .page import ms
from .reading import PATHS as KINDS
from .reading import Unreadable, read

COMPARED, NO_RUN = 0, 2
PATHS = {"all", *(f"{kind} path" for kind in KINDS)}
COLOURS = {"within noise": "dim", "slower": "bold red", "faster": "bold green"}


def compared(before: Path, after: Path) -> Comparison:
    """Writes compare.html and compare.json into the later run's directory."""
    promises = slo.load()
    found = Comparison.of(_judged(before, promises), _judged(after, promises))
    text = json.dumps(found.data(), indent=1)
    (after / "compare.json").write_text(text + "\n", encoding="utf-8")
    (after / "compare.html").write_text(overlaid.html(found), encoding="utf-8")
    return found


def _judged(home: Path, promises: Promises) -> Findings:
    """By the history; what the backends said of telemetry stands in the run's report."""
    file = home / "report.json"
    said = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    told = {each["name"]: each["measured"] for each in said.get("slos", [])}
    return find(read(home), promises, None, telemetry=told.get("telemetry"))


def show(found: Comparison, console: Console) -> None:
    for each in found.unlike:
        console.print(f"Not the same load: {each}.", style="yellow")
    console.print(f"Earlier: {found.before.run.run_id}")
    console.print(f"Later:   {found.after.run.run_id}")
    names = ("earlier", "later")
    times = Table("ms", "", *names, "ratio", "95 % of them", "")
    whole = [each for each in found.ratios if each.who in PATHS]
    for ratio in whole:  # the page has the steps besides
        times.add_row(*_row(ratio), style=COLOURS[ratio.hint])
    console.print(times)
    rest = Table("", *names, "ratio")
    for name, one, other in found.figures:
        share = f"{other / one:.2f}" if one else ""
        rest.add_row(name, f"{one:.2f}", f"{other:.2f}", share)
    console.print(rest)
    promises = Table("promise", "promised", *names, "")
    for row in found.promises:
        promises.add_row(*row, style="bold red" if row[-1].endswith("missed") else "")
    console.print(promises)
    console.print(f"{found.after.run.home / 'compare.html'}", soft_wrap=True)


def _row(each: Ratio) -> tuple[str, ...]:
    between = f"{each.low:.2f} to {each.high:.2f}"
    times = ms(each.before), ms(each.after), f"{each.ratio:.2f}"
    return each.who, each.what, *times, between, each.hint


def main(arguments: list[str] | None = None, data: Path = DATA) -> int:
    asks = ArgumentParser("python -m loadtests.report.compare", description=__doc__)
    about = "a directory, a run's id, last, or last-1"
    asks.add_argument("before", metavar="A", help=about)
    asks.add_argument("after", metavar="B", nargs="?", default="last", help=about)
    given = asks.parse_args(arguments)
    try:
        homes = located(given.before, data), located(given.after, data)
        found = compared(*homes)
    except Unreadable as fault:
        Console(stderr=True).print(f"Nothing to compare: {fault}.", style="bold yellow")
        return NO_RUN
    show(found, Console())
    return COMPARED


if __name__ == "__main__":
    sys.exit(main())
