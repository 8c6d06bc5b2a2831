"""The report as a page: the findings, put as the template wants them."""

import os
from collections.abc import Iterable
from typing import Any

from native.figures import machine

from . import knee
from .charts import charts
from .findings import BUSY, MOST_FAILED, Findings
from .locating import instance_of
from .page import page
from .services import SHOWN, Row

FEW = 20
"""A step that was taken less often stands apart: its percentiles say little."""

COMMON = {"requests", "in flight, at most", "event loop late, p99"}
"""Who has one of these is a service; a breaker or a backend is told of beside."""


def html(found: Findings) -> str:
    run, steps = found.run, found.steps_of_client
    return page(
        "report.html",
        {
            "title": f"{run.run_id}: {found.verdict}",
            "run": run,
            "found": found,
            "instance": f"instance {instance_of(run.home)}",
            "missed": [each.title for each in found.judged if each.holds is False],
            "warnings": warnings(found),
            "facts": facts(found),
            "charts": [] if run.is_dead else charts(found),
            "outcome": knee.title(found.steps),
            "rule": knee.said(found.promises.knee),
            "services": table(found.services),
            "often": {n: each for n, each in steps.items() if each.count >= FEW},
            "seldom": {n: each for n, each in steps.items() if each.count < FEW},
            "few": FEW,
            "slowest": found.told(found.slowest),
            "failed": found.told(found.bad[:MOST_FAILED]),
        },
    )


def warnings(found: Findings) -> list[str]:
    """What a reader must know before he trusts the figures."""
    told = []
    if found.silent:
        silent = "; ".join(f"{who}: {why}" for who, why in found.silent.items())
        told.append(f"Who does not answer has no part in this report. {silent}.")
    if found.client and found.client[1]:
        told.append(
            f"A Locust process used {found.client[0]:.0%} of a core, more than "
            f"{BUSY:.0%}: the client itself may be what was slow. Use processes=2."
        )
    if found.run.facts.get("aborted"):
        told.append("The run was broken off before its time.")
    if found.run.broken_lines:
        told.append(f"{found.run.broken_lines} lines of the history are broken.")
    rule = found.promises.knee
    if found.run.shape in rule.shapes:
        told.append("A run that looks for the knee is judged up to the break.")
    return told


def facts(found: Findings) -> list[tuple[str, str]]:
    """What one needs to know to run the same again."""
    said = found.run.facts
    client = found.client
    rows = {
        "machine": machine(),
        "load of the machine now": "{:.1f} {:.1f} {:.1f}".format(*os.getloadavg()),
        "users": said.get("users"),
        "rate offered": f"{said['rate']:g}/s" if said.get("rate") else None,
        "minutes": said.get("minutes"),
        "seed": said.get("seed"),
        "Locust processes": said.get("processes"),
        "Locust's CPU": f"{client[0]:.0%} of a core" if client else None,
        "not sent": said.get("not_sent") or None,
        "gateway": said.get("host"),
        "requests/s": f"{found.per_second:.1f}",
        "payments/s": f"{found.payments / found.run.seconds:.1f}",
        "traces kept": f"{found.run.sampled:.0%}" if found.run.sampled < 1 else None,
    }
    return [(name, str(value)) for name, value in rows.items() if value is not None]


def table(rows: Iterable[Row]) -> dict[str, Any] | None:
    """A column for each service that answers requests, a row for each figure."""
    found = list(rows)
    names = {row.who for row in found if row.about in COMMON}
    who = sorted(names, key=lambda name: (_rank(name), name))
    cells = {(row.about, row.who): row.text for row in found if row.who in names}
    abouts = dict.fromkeys(about for about, _ in cells)
    others = [
        f"{row.about} of {row.who}: {row.text}" for row in found if row.who not in names
    ]
    if not abouts:
        return None
    filled = [
        (about, [cells.get((about, name), "") for name in who]) for about in abouts
    ]
    return {"who": who, "rows": filled, "others": others}


def _rank(name: str) -> int:
    return SHOWN.index(name) if name in SHOWN else len(SHOWN)
