"""`make pan-scan`: is there a card number or a secret anywhere? 0 none, 1 some, 2 who knows.

It looks through Loki, Tempo, Prometheus, NATS, PostgreSQL and the files of an instance.
"""

import sys
from argparse import ArgumentParser

import asyncpg
import nats.errors
from rich.console import Console

from native.backends import Unanswered
from native.paths import Instance
from native.ports import Ports
from native.trouble import Trouble

from .scanning import Place, scan

CLEAN, FOUND, AWAY = 0, 1, 2
SILENCES = (Unanswered, Trouble, OSError, asyncpg.PostgresError, nats.errors.Error)

LISTED = 20
"""More than this of a place are counted, not listed."""


def parser() -> ArgumentParser:
    whole = ArgumentParser("python -m native.leaks", description=__doc__)
    whole.add_argument("--instance", default="default", metavar="NAME")
    whole.add_argument(
        "--hours", type=float, default=24.0, help="how far back telemetry is read"
    )
    return whole


def main() -> int:
    asked, console = parser().parse_args(), Console(highlight=False)

    def tell(place: Place) -> None:
        state = "" if place.is_done else " …"
        count = f"{place.pieces:>9,} pieces {place.seconds:6.1f} s"
        found = f"{len(place.findings)} found" if place.findings else "nothing"
        console.print(f"{place.name:<11}{count}  {found}{state}", markup=False)

    try:
        ports = Ports.load(asked.instance)
        places = scan(Instance(asked.instance), ports, asked.hours * 3600, tell)
    except SILENCES as fault:
        Console(stderr=True).print(f"Could not look: {fault}", style="bold yellow")
        return AWAY
    for place in places:
        _list(place, console)
    return FOUND if any(place.findings for place in places) else CLEAN


def _list(place: Place, console: Console) -> None:
    for each in sorted(place.findings)[:LISTED]:
        told = f"{each.place}: {each.what} {each.shown} in {each.where}"
        console.print(told, style="red", markup=False, soft_wrap=True)
    if (more := len(place.findings) - LISTED) > 0:
        console.print(f"{place.name}: … and {more} more", style="red")


if __name__ == "__main__":
    sys.exit(main())
