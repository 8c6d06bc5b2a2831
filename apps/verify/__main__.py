"""`python -m apps.verify`: 0 all holds, 1 something is broken, 2 it could not look."""

import asyncio
import contextlib
import io
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from apps.kit import telemetry, writing
from apps.kit.settings import load

from . import showing, signals
from .books import DatabaseAway, opened
from .checks import INVARIANTS, TRAILS
from .findings import Invariant, Verdict
from .looking import look
from .settings import Settings
from .streams import BrokerAway

HOLDS, BROKEN, AWAY, INTERRUPTED = 0, 1, 2, 130


def parser() -> ArgumentParser:
    whole = ArgumentParser("python -m apps.verify", description=__doc__)
    whole.add_argument(
        "--history",
        type=_histories,
        nargs="+",
        action="extend",
        default=[],
        metavar="FILE",
        help="what clients were answered, a JSON object per line; or a load run",
    )
    whole.add_argument("--json", action="store_true", help="an object per line")
    whole.add_argument(
        "--watch", type=float, metavar="SECONDS", help="look again, so often"
    )
    whole.add_argument(
        "--trails",
        action="store_true",
        help="check the chains of hashes instead of the invariants",
    )
    return whole


async def run(asked: Namespace, settings: Settings, console: Console) -> int:
    """Look once, or again and again; the exit code is the last round's."""
    while True:
        code = await _round(asked, settings, console)
        if asked.watch is None:
            return code
        if (own := asyncio.current_task()) and own.cancelling():
            raise asyncio.CancelledError  # Ctrl-C, swallowed by what it interrupted
        await asyncio.sleep(asked.watch)


async def _round(asked: Namespace, settings: Settings, console: Console) -> int:
    invariants: Sequence[Invariant] = TRAILS if asked.trails else INVARIANTS
    verdicts: list[Verdict] = []
    histories = [file for files in asked.history for file in files]
    try:
        async with opened(settings, histories=histories) as books:
            async for verdict in look(books, invariants):
                verdicts.append(verdict)
                signals.looked(verdict)
                _tell(verdict, console, as_json=asked.json)
    except (DatabaseAway, BrokerAway) as fault:
        Console(stderr=True).print(f"Could not look: {fault}.", style="bold yellow")
        return AWAY
    if not asked.json:
        console.print(showing.summary(verdicts))
    return _code(verdicts)


def _tell(verdict: Verdict, console: Console, *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(showing.as_json(verdict) + "\n")
        sys.stdout.flush()
    else:
        showing.show(verdict, console)


def _code(verdicts: Sequence[Verdict]) -> int:
    if any(each.violations for each in verdicts):
        return BROKEN
    return AWAY if any(each.away for each in verdicts) else HOLDS


def _histories(name: str) -> Sequence[Path]:
    """A file, or all that the processes of a load run wrote into its directory."""
    place = Path(name)
    if place.is_dir():
        if found := sorted(place.glob("history*.jsonl")):
            return found
        raise ArgumentTypeError(f"there is no history in {name}")
    if not place.is_file():
        raise ArgumentTypeError(f"there is no file {name}")
    return [place]


def _nowhere(_line: str) -> None:
    """Whoever pipes the verdicts wants nothing else."""


def main() -> int:
    asked = parser().parse_args()
    settings = load(Settings)
    with contextlib.redirect_stdout(io.StringIO()):
        telemetry.start("verify")  # its lines go to Loki: stdout is the answer's
    writing.way.out = _nowhere
    try:
        return asyncio.run(run(asked, settings, Console()))
    except KeyboardInterrupt:
        return INTERRUPTED
    finally:
        telemetry.stop()


if __name__ == "__main__":
    sys.exit(main())
