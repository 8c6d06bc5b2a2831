"""What can be asked for on the command line, and the plan that it makes."""

import sys
from argparse import (
    ArgumentParser,
    ArgumentTypeError,
    Namespace,
    RawDescriptionHelpFormatter,
)
from dataclasses import replace
from pathlib import Path

from loadtests import scenario
from loadtests.journeys import JOURNEYS
from loadtests.plan import Plan
from loadtests.scenario import DEFAULT
from loadtests.shapes import SHAPES

ABOUT = "Make load on a running stack, judge every answer, end in a report."
EXITS = "exits 0 if all promises were kept, 1 if not, 2 if no load could be made"
BOLD, CYAN, PLAIN = "\x1b[1m", "\x1b[36m", "\x1b[0m"


def parser() -> ArgumentParser:
    whole = ArgumentParser(
        "python -m loadtests",
        description=ABOUT,
        epilog=_listed(),
        formatter_class=RawDescriptionHelpFormatter,
    )
    add = whole.add_argument
    add("--instance", default="default", metavar="NAME", help="which stack (default)")
    add("--host", metavar="URL", help="a gateway anywhere, instead of an instance's")
    add("--shape", default="steady", choices=SHAPES, metavar="SHAPE", help="(steady)")
    add("--scenario", default=DEFAULT, metavar="NAME", help=f"or a file ({DEFAULT})")
    add("--users", type=_whole, metavar="N", help="at the peak")
    add("--minutes", type=_positive, metavar="M", help="how long")
    add(
        "--rate",
        type=_positive,
        metavar="R",
        help="open model: so many visits a second at the peak, whatever answers take",
    )
    add("--seed", type=_seed, metavar="N", help="the same users draw the same")
    add("--processes", type=_whole, default=1, metavar="P", help="of Locust (1)")
    add("--web", action="store_true", help="Locust's page, on the instance's port")
    add("--into", type=Path, metavar="DIR", help="where runs are kept, if not in .data")
    return whole


def planned(asked: Namespace) -> Plan:
    """The shape's and the scenario's own figures where none are asked for."""
    played, shape = scenario.read(asked.scenario), SHAPES[asked.shape]
    rate = asked.rate or (shape.rate and (played.rate or shape.rate))
    plan = Plan(
        shape=shape.name,
        scenario=asked.scenario,
        users=asked.users or played.users or shape.users,
        rate=rate,
        minutes=asked.minutes or shape.minutes,
        processes=asked.processes,
    )
    seed = played.seed if asked.seed is None else asked.seed
    return plan if seed is None else replace(plan, seed=seed)


def _listed() -> str:
    shapes = [
        _line(each.name, f"{each.about} ({each.minutes:g} min)")
        for each in SHAPES.values()
    ]
    scenarios = [_line(name, scenario.read(name).about) for name in scenario.names()]
    journeys = [_line(name, about) for name, (_, about) in JOURNEYS.items()]
    parts = {"shapes": shapes, "scenarios": scenarios, "journeys": journeys}
    lists = [
        f"{_painted(title, BOLD)}:\n" + "\n".join(lines)
        for title, lines in parts.items()
    ]
    return "\n\n".join([*lists, EXITS])


def _line(name: str, about: str) -> str:
    return f"  {_painted(f'{name:10}', CYAN)} {about}"


def _painted(text: str, colour: str) -> str:
    return f"{colour}{text}{PLAIN}" if sys.stdout.isatty() else text


def _positive(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise ArgumentTypeError(f"{text!r} is not above 0")
    return number


def _whole(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"{text!r} is not 1, 2, 3, …")
    return int(text)


def _seed(text: str) -> int:
    if not text.isdecimal():
        raise ArgumentTypeError(f"{text!r} is not 0, 1, 2, …")
    return int(text)
