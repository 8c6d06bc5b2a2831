"""Asks a running stack: is what arrives declared, and does what is declared arrive?

`make signals-check`; exits 0 if so, 1 if not, 2 if a backend is silent.
"""

import json
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from native.backends import Backends, Loki, Prometheus, Tempo, Unanswered, client
from native.ports import Ports

from .arriving import Arrived, lines, series
from .budget import budget
from .declared import declared
from .judging import Finding, counted, judged, missing
from .matching import metric
from .rare import RARE
from .scenario import Scenario
from .traced import spans

TIMEOUT_S = 30.0
"""Longest wait for one answer; all of a window's series are some megabytes."""


def main(words: Sequence[str] | None = None) -> int:
    asked = _parser().parse_args(words)
    ports = Ports.load(asked.instance)
    since = time.time() - asked.minutes * 60
    if asked.full:
        Scenario(asked.instance, ports).play()
    try:
        with patient(ports) as backends:
            arrived = heard(backends, since, time.time())
    except Unanswered as silence:
        sys.stderr.write(f"{silence}\n")
        return 2
    found = [each for each in judged(arrived) if asked.full or each.what != "silent"]
    sys.stdout.write(_json(arrived, found) if asked.json else _text(arrived, found))
    return 1 if found else 0


@contextmanager
def patient(ports: Ports) -> Iterator[Backends]:
    """The three, asked for more than a page shows."""
    with client(TIMEOUT_S) as http:
        yield Backends(
            Tempo(ports.url("TEMPO_PORT"), http),
            Loki(ports.url("LOKI_PORT"), http),
            Prometheus(ports.url("PROMETHEUS_PORT"), http),
        )


def heard(backends: Backends, since: float, until: float) -> Arrived:
    """What came in a window, given in seconds since 1970."""
    traced, events = spans(backends, since, until)
    return Arrived(
        lines(backends.loki, since, until),
        events,
        traced,
        series(backends.prometheus, since, until),
    )


def _parser() -> ArgumentParser:
    whole = ArgumentParser("python -m contract", description=__doc__)
    whole.add_argument("--instance", default="default", metavar="NAME")
    whole.add_argument("--minutes", type=float, default=30.0, help="how far back (30)")
    whole.add_argument(
        "--full",
        action="store_true",
        help="play the full scenario first: all that is declared must come",
    )
    whole.add_argument("--json", action="store_true", help="answer for scripts")
    return whole


def _most(arrived: Arrived) -> dict[str, tuple[int, int]]:
    """Of each metric of ours that came: sets of labels in a process, and its budget."""
    found: dict[str, tuple[int, int]] = {}
    for name, its in sorted(arrived.series.items()):
        if ours := metric(name):
            most = max(counted(its).values())
            before, allowed = found.get(ours, (0, budget(declared().metrics[ours])))
            found[ours] = max(before, most), allowed
    return found


def _json(arrived: Arrived, found: Sequence[Finding]) -> str:
    told = {
        "findings": [
            {"what": each.what, "name": each.name, "detail": each.detail}
            for each in found
        ],
        "rare": {name: RARE[name] for name in sorted(missing(arrived) & RARE.keys())},
        "series": {
            name: {"most": most, "budget": allowed}
            for name, (most, allowed) in _most(arrived).items()
        },
    }
    return json.dumps(told, indent=2) + "\n"


def _text(arrived: Arrived, found: Sequence[Finding]) -> str:
    rows = [
        f"  {name:<36} {most:>4} of {allowed:>4}"
        for name, (most, allowed) in _most(arrived).items()
    ]
    faults = [f"  {each.what:<11} {each.name}: {each.detail}" for each in found]
    unheard = len(missing(arrived))
    return "\n".join(
        [
            "Sets of labels from one process, at most, and the budget:",
            *rows,
            "",
            f"{len(found)} findings, {unheard} names that are declared did not come.",
            *faults,
            "",
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
