"""`make telemetry-audit`: did all that a load run told arrive? By signal, and one by one.

Exits 0 if all of it did, 1 if not, 2 if there is no run or a backend does not answer.
"""

import json
import subprocess
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from native.paths import DATA

from . import sources
from .auditing import COMPLETE, INCOMPLETE, UNKNOWN, Audit, audited
from .counting import Arrived
from .locating import instance_of, located, newest
from .page import number
from .pipeline import Figure
from .reading import Unreadable, read

LOAD = ("--shape", "steady", "--users", "10", "--minutes", "0.5")
FEW = 5
SAMPLED = (
    "Not all traces are kept here: judged are those that must be. Lines and figures are of"
    " all; span metrics, too, where the collector samples."
)
ENDS = {
    COMPLETE: "[bold green]✓ complete[/]: all that was told arrived",
    INCOMPLETE: "[bold red]✗ incomplete[/]: docs/telemetry.md says where to look",
    UNKNOWN: "[bold yellow]? nobody can say[/]",
}


def show(audit: Audit, console: Console) -> None:
    run = audit.run
    console.print(f"{run.run_id}: {number(len(run.asked))} requests", style="bold")
    console.print(_signals(audit.shares))
    if not audit.keeping.is_all:
        console.print(SAMPLED)
    console.print(_counts(audit.counts))
    console.print(_parts(audit.pipeline))
    _payments(audit, console)
    for who, why in audit.silent.items():
        console.print(f"{who} did not answer: {why}", style="yellow")
    console.print(ENDS[audit.code])


def _signals(shares: Mapping[str, float | None]) -> Table:
    table = Table("signal", "complete", "")
    for signal, share in shares.items():
        mark = "[green]✓" if share == 1 else "[bold red]✗"
        shown = "nobody says" if share is None else f"{100 * share:.3f} %"
        table.add_row(signal, shown, "[yellow]?" if share is None else mark)
    return table


def _counts(counts: Sequence[Arrived]) -> Table:
    table = Table("of the run", "as", "client", "found", "")
    for each in counts:
        found = "?" if each.found is None else number(round(each.found))
        style = "" if each.share == 1 else "bold red"
        told = number(each.expected)
        table.add_row(each.what, each.where, told, found, each.note, style=style)
    return table


def _parts(figures: Sequence[Figure]) -> Table:
    table = Table("part", "of itself", "in the run", "")
    for each in figures:
        mark = ("[bold red]✗ lost" if each.is_loss else "[green]✓") * each.must_be_zero
        table.add_row(each.part, each.about, number(round(each.value)), mark)
    table.columns[2].justify = "right"
    return table


def _payments(audit: Audit, console: Console) -> None:
    whole = len(audit.looked) - len(audit.faulty)
    about = "each event has one line, each line its span, the trace is whole"
    console.print(f"{whole} of {len(audit.looked)} payments looked at: {about}")
    for each in audit.faulty[:FEW]:
        console.print(f"  {each.trace}: {'; '.join(each.faults)}", style="red")


def _found(asked: Namespace, data: Path) -> Path:
    """The run that is meant; without one, a short load of our own."""
    if asked.run:
        return located(asked.run, data)
    if home := newest(asked.instance, data):
        return home
    load = [sys.executable, "-m", "loadtests", "--instance", asked.instance, *LOAD]
    made = subprocess.run(load, stdout=subprocess.DEVNULL, check=False)  # noqa: S603  (our own command)
    if home := newest(asked.instance, data):
        return home
    raise Unreadable(f"no load could be made (it exits {made.returncode})")


def main(arguments: list[str] | None = None, data: Path = DATA) -> int:
    asks = ArgumentParser("python -m loadtests.report.audit", description=__doc__)
    about = "a load run's directory or id, or last; else the instance's newest"
    asks.add_argument("run", nargs="?", metavar="RUN", help=about)
    asks.add_argument("--instance", default="default", help="whose (default)")
    asks.add_argument("--json", action="store_true", help="for programs")
    given = asks.parse_args(arguments)
    try:
        home = _found(given, data)
        name = instance_of(home) if given.run else given.instance
        found = audited(read(home), sources.urls(name))
    except Unreadable as fault:
        Console(stderr=True).print(f"No audit: {fault}.", style="bold yellow")
        return UNKNOWN
    if given.json:
        sys.stdout.write(json.dumps(found.data(), indent=1) + "\n")
    else:
        show(found, Console())
    return found.code


if __name__ == "__main__":
    sys.exit(main())
