"""Makes load on a running stack, judges every answer, and ends in a report.

Exits 0 if every promise was kept, 1 if one was not or an answer was wrong, 2 if no load
could be made.
"""

import subprocess
import sys
from argparse import Namespace
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

from loadtests import instance, running
from loadtests.command import parser, planned
from loadtests.instance import Away
from loadtests.plan import Plan, is_known, load, new_folder
from loadtests.running import NotRun
from loadtests.scenario import Faulty
from loadtests.shapes import SHAPES
from prometheus import slo

KEPT, MISSED, NOT_RUN, BROKEN_OFF = 0, 1, 2, 130
RED, BOLD, PLAIN = "\x1b[31m", "\x1b[1m", "\x1b[0m"


def main() -> int:
    asked = parser().parse_args()
    try:
        return _run(asked)
    except (Faulty, Away, NotRun) as reason:
        _say(str(reason), RED)
        return NOT_RUN
    except KeyboardInterrupt:  # before the load or after it; else it has its report
        return BROKEN_OFF


def _run(asked: Namespace) -> int:
    plan = planned(asked)
    stack = instance.found(asked.instance, asked.host)
    loads = asked.into or instance.loads(asked.instance)
    folder = new_folder(loads, plan.shape)
    known = asked.seed is not None and is_known(plan.seed, loads)
    plan = replace(plan, run_id=folder.name, host=stack.url, seed_was_used=known)
    if SHAPES[plan.shape].stops_at_the_knee:
        promised = slo.load().knee
        bearable = {"errors": promised.errors, "p99_s": promised.p99_s}
        plan = replace(plan, bearable=bearable)
    web_port = stack.web_port if asked.web else None
    _announce(plan, folder, web_port)
    running.run(plan, folder, stack.env, web_port)
    _tell_knee(folder)
    code = _reported(folder)
    if broken := load(folder).get("broken_visits"):
        log = folder / running.LOG
        _say(f"{broken} visits broke for a fault of the load's own: {log}", RED)
        return max(code, MISSED)
    return code


def _announce(plan: Plan, folder: Path, web_port: int | None) -> None:
    what = f"{plan.rate:g} visits/s" if plan.rate is not None else f"{plan.users} users"
    minutes = "1 minute" if plan.minutes == 1 else f"{plan.minutes:g} minutes"
    beside = f", {plan.processes} processes" if plan.processes > 1 else ""
    _say(
        f"{plan.shape}, {plan.scenario}: up to {what} for {minutes}"
        f"{beside}, seed {plan.seed}\n{folder}",
        BOLD,
    )
    if web_port:
        _say(f"Locust's page: http://127.0.0.1:{web_port}")


def _tell_knee(folder: Path) -> None:
    found = load(folder)
    if "knee" not in found:
        return
    knee, broke = found["knee"], found["broke"]
    if knee is None:
        _say(f"The first step broke already: {broke}.", RED)
        return
    rate = knee["rate"]
    bore = f"{rate:g} visits/s" if rate is not None else f"{knee['users']} users"
    then = f"; the next step broke: {broke}" if broke else "; nothing broke"
    _say(f"The knee: {bore} were borne{then}.", BOLD)


def _reported(folder: Path) -> int:
    """By a process of its own, which has seen nothing of Locust."""
    if find_spec("loadtests.report.__main__") is None:
        _say(f"No report: {folder} holds what was asked and answered.")
        return KEPT
    sys.stdout.flush()
    report = [sys.executable, "-m", "loadtests.report", str(folder)]
    return subprocess.run(report, check=False).returncode  # noqa: S603  (our own)


def _say(text: str, colour: str = "") -> None:
    coloured = colour and sys.stderr.isatty()
    sys.stderr.write(f"{colour}{text}{PLAIN}\n" if coloured else f"{text}\n")


if __name__ == "__main__":
    sys.exit(main())
