"""The tables in docs/alerts.md: of all alerts, and of what the drill saw of each."""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from .alerts import SEVERITIES, Alert
from .slo import Burn, Promises, Slo

DOCS = Path(__file__).parents[1] / "docs"
PAGE = DOCS / "alerts.md"
RECORDS = DOCS / "chaos" / "alerts"
BEGIN, END = "<!-- alerts:begin -->", "<!-- alerts:end -->"
HEAD = "| alert | severity | what is wrong | fires when |\n|---|---|---|---|\n"
SEEN = "<!-- seen:begin -->", "<!-- seen:end -->"
SEEN_HEAD = """\
| alert | what was wrong | told after | over after | rules | |
|---|---|---|---|---|---|
"""
LABEL = re.compile(r"\{\{ \$labels\.(\w+) \}\}")


def rendered(page: str, promises: Promises, others: tuple[Alert, ...]) -> str:
    """The page with its tables between their marks. Raises ValueError without them."""
    lines = sorted([*_promised(promises), *map(_other, others)])
    page = _between(page, (BEGIN, END), HEAD + "".join(lines))
    names = {each.alert for each in promises.slos} | {each.name for each in others}
    seen = [_seen(name) for name in sorted(filter(None, names))]
    return _between(page, SEEN, SEEN_HEAD + "".join(seen))


def _between(page: str, marks: tuple[str, str], table: str) -> str:
    before, begin, rest = page.partition(marks[0])
    _, end, after = rest.partition(marks[1])
    if not (begin and end):
        raise ValueError(f"no {marks[0]} and {marks[1]}")
    return f"{before}{begin}\n\n{table}\n{end}{after}"


def _seen(name: str) -> str:
    """What the drill saw of it when it was run last."""
    file = RECORDS / f"{name}.json"
    if not file.is_file():
        return f"| {name} | | | | | not seen yet |\n"
    record: Mapping[str, Any] = json.loads(file.read_text())
    cells = [
        record["row"],
        record["fault"],
        _after(record["injected_at"], record["detected_at"]),
        _after(record["ended_at"], record["recovered_at"]),
        record["counts"]["rules"],
        record["verdict"],
    ]
    return f"| {' | '.join(cells)} |\n"


def _after(begin: str, end: str | None) -> str:
    if end is None:
        return "-"
    passed = datetime.fromisoformat(end) - datetime.fromisoformat(begin)
    return f"{passed.total_seconds():.0f} s"


def _promised(promises: Promises) -> Iterator[str]:
    for each in promises.slos:
        if each.alert:
            severity, when = _when(each, promises.burns)
            yield _line(each.alert, severity, f"Not kept: {each.meaning}", when)


def _when(slo: Slo, burns: tuple[Burn, ...]) -> tuple[str, str]:
    if slo.zero:
        return "page", "one is too many"
    if slo.silent:
        return "page", f"nothing was heard of it for {slo.silent.long}"
    told = ", ".join(f"{slo.budget * burn.rate:.2%} in {burn.long}" for burn in burns)
    return " or ".join(SEVERITIES), f"so many of all were bad: {told}"


def _other(alert: Alert) -> str:
    meaning = LABEL.sub(lambda found: f"*{found[1].replace('_', ' ')}*", alert.meaning)
    expr = " ".join(alert.expr.split()).replace("|", "\\|")
    lasting = f" for {alert.lasting}" if alert.lasting else ""
    return _line(alert.name, alert.severity, meaning, f"`{expr}`{lasting}")


def _line(name: str, severity: str, meaning: str, when: str) -> str:
    return f"| [{name}](runbooks/{name}.md) | {severity} | {meaning} | {when} |\n"
