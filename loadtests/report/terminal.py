"""The report for the terminal: the verdict, and as much as explains it."""

from collections.abc import Iterable, Mapping

from rich.console import Console
from rich.table import Table
from rich.text import Text

from . import knee
from .findings import Findings
from .page import ms, number
from .showing import warnings
from .spread import Spread
from .verdict import Judged

FEW = 5


def show(found: Findings, console: Console) -> None:
    run = found.run
    if not run.asked or run.is_dead:
        where = run.facts.get("host") or "the gateway"
        console.print(
            f"✗ Nobody answered: {len(run.asked)} requests to {where}, and no answer.",
            style="bold red",
        )
        console.print("Is the stack up? make up, make status")
        return
    console.print(_promises(found.judged))
    console.print(_times(found.paths))
    console.print(
        f"{number(len(run.asked))} requests, {found.per_second:.1f}/s; "
        f"{number(found.payments)} payments decided, "
        f"{found.payments / run.seconds:.1f}/s"
    )
    if outcome := knee.title(found.steps):
        console.print(f"{outcome[0].upper()}{outcome[1:]}.")
    for kind, count in found.troubles:
        console.print(f"  {kind}: {number(count)}", style="red")
    _few(found, console)
    for warning in warnings(found):
        console.print(warning, style="yellow")
    mark = "[bold green]✓ held" if found.held else "[bold red]✗ missed"
    console.print(f"{mark}[/]  {run.home / 'report.html'}", soft_wrap=True)


def _promises(judged: Iterable[Judged]) -> Table:
    table = Table("promise", "measured", "promised", "")
    for each in judged:
        mark = {None: "not judged", True: "[green]✓ held", False: "[bold red]✗ missed"}
        table.add_row(each.title, each.got, each.promised, mark[each.holds])
    return table


def _times(paths: Mapping[str, Spread]) -> Table:
    table = Table("path, ms", "requests", "p50", "p90", "p95", "p99", "p99.9", "max")
    for column in table.columns[1:]:
        column.justify = "right"
    for name, each in paths.items():
        times = [ms(value) for value in (*each.shares.values(), each.longest)]
        table.add_row(name, number(each.count), *times)
    return table


def _few(found: Findings, console: Console) -> None:
    """What failed, or else what was slowest, with the command that draws it."""
    for row in found.told((found.bad or found.slowest)[:FEW]):
        line = Text(f"  {row['step']}: {ms(row['seconds'])} ms ")
        line.append(row["what"], "red")
        console.print(line, Text(row["command"], "dim"), soft_wrap=True)
