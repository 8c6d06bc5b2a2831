"""Alerts beside the promises, as Prometheus reads them: alerts.toml with names filled in."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .signals import named
from .slo import Unpromised

FILE = Path(__file__).with_name("alerts.toml")
EVERY = "10s"
SEVERITIES = ("page", "ticket")
LIMIT = re.compile(r"\bLIMIT\b")
OURS = re.compile(r"`([a-z0-9_.]+)`")


@dataclass(frozen=True, slots=True)
class Alert:
    """One of them; `when` and `summary` still say LIMIT."""

    name: str
    severity: str
    limit: float
    when: str
    summary: str
    now: str
    lasting: str = ""
    seldom: tuple[str, ...] = ()

    @property
    def expr(self) -> str:
        """PromQL, with the names that Prometheus knows."""
        told = OURS.sub(lambda found: named(found[1]).promql, self.when)
        return LIMIT.sub(f"{self.limit:g}", told).strip()

    @property
    def meaning(self) -> str:
        return LIMIT.sub(f"{self.limit:g}", self.summary)

    @property
    def runbook(self) -> str:
        return f"docs/runbooks/{self.name}.md"


def load(file: Path = FILE) -> tuple[Alert, ...]:
    """Raises Unpromised where the file has words that nobody knows, or lacks some."""
    said = tomllib.loads(file.read_text(encoding="utf-8"))
    try:
        found = tuple(_alert(each) for each in said.pop("alert"))
    except (KeyError, TypeError) as fault:
        raise Unpromised(f"{file.name}: {fault}") from fault
    if said:
        raise Unpromised(f"{file.name}: {', '.join(said)}")
    for each in found:
        _check(each)
    return found


def groups(alerts: tuple[Alert, ...]) -> list[dict[str, Any]]:
    """The whole of rules/alerts.yml."""
    return [{"name": "alerts", "interval": EVERY, "rules": [*map(_rule, alerts)]}]


def _alert(raw: Mapping[str, Any]) -> Alert:
    words = {**raw, "lasting": raw.get("for", "")}
    words.pop("for", None)
    return Alert(**words | {"seldom": tuple(raw.get("seldom", ()))})


def _check(alert: Alert) -> None:
    if alert.severity not in SEVERITIES:
        raise Unpromised(f"{alert.name}: nobody hears of a {alert.severity}")
    if not LIMIT.search(alert.when):
        raise Unpromised(f"{alert.name}: its limit is not in its expression")
    if alert.limit and not LIMIT.search(alert.summary):
        raise Unpromised(f"{alert.name}: its summary does not say its limit")


def _rule(alert: Alert) -> dict[str, Any]:
    lasting = {"for": alert.lasting} if alert.lasting else {}
    return {
        "alert": alert.name,
        "expr": alert.expr,
        **lasting,
        "labels": {"severity": alert.severity},
        "annotations": {
            "summary": alert.meaning,
            "description": alert.now,
            "runbook_url": alert.runbook,
        },
    }
