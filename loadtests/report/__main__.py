"""`python -m loadtests.report DIR`: 0 all promises were kept, 1 some were not, 2 no run."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console

from prometheus import slo

from . import showing, sources, terminal
from .findings import Findings, find
from .locating import instance_of
from .reading import Run, Unreadable, read
from .sources import Sources

HELD, MISSED, NO_RUN, BROKEN_OFF = 0, 1, 2, 130


def report(home: Path, instance: str | None = None) -> Findings:
    """Read, ask, judge, and write report.json and report.html into the run's directory."""
    run = read(home)
    name = instance or instance_of(home)
    found = asked(run, sources.urls(name)) if not run.is_dead else judged(run)
    write(found)
    return found


def asked(run: Run, urls: Mapping[str, str]) -> Findings:
    with Sources.of(urls) as backends:
        return find(run, slo.load(), backends)


def judged(run: Run) -> Findings:
    """By the history alone."""
    return find(run, slo.load(), None)


def write(found: Findings) -> None:
    home = found.run.home
    text = json.dumps(found.data(), indent=1)
    (home / "report.json").write_text(text + "\n", encoding="utf-8")
    (home / "report.html").write_text(showing.html(found), encoding="utf-8")


def main(arguments: list[str] | None = None) -> int:
    asks = ArgumentParser("python -m loadtests.report", description=__doc__)
    asks.add_argument("run", type=Path, metavar="DIR", help="a load run's directory")
    asks.add_argument("--instance", help="whose backends are asked")
    given = asks.parse_args(arguments)
    console = Console()
    try:
        found = report(given.run, given.instance)
    except Unreadable as fault:
        Console(stderr=True).print(f"No report: {fault}.", style="bold yellow")
        return NO_RUN
    except KeyboardInterrupt:
        how = f"python -m loadtests.report {given.run} makes it"
        Console(stderr=True).print(f"No report: {how}.", style="bold yellow")
        return BROKEN_OFF
    terminal.show(found, console)
    return HELD if found.held else MISSED


if __name__ == "__main__":
    sys.exit(main())
