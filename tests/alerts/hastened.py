"""The rules as they are, but in a tenth of their windows: hours of a drill become minutes.

Limits, shares and what is asked stay. Windows of a minute and less stay too, for telemetry
comes every 5 to 10 s, and so do the rules of alerts that have no longer one.
"""

import re
from pathlib import Path
from typing import Any

import yaml

from native.paths import ROOT

RULES = ROOT / "prometheus" / "rules"
TIMES = 10
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
WINDOW = re.compile(r"(\[|offset )(\d+)([smhd])\b")
SAMPLES = re.compile(r"\b30 \* sum_over_time")
"""Of a recording rule: what it counted in a second stands for so many seconds."""


def write(folder: Path) -> frozenset[str]:
    """Put them where a Prometheus reads them; the alerts that they hasten."""
    hastened: set[str] = set()
    for file in sorted(RULES.glob("*.yml")):
        rules = yaml.safe_load(file.read_text())
        for group in rules["groups"]:
            every = _seconds(group.get("interval", "30s"))
            group["interval"] = f"{max(3, every // TIMES)}s"
            for rule in group["rules"]:
                hastened |= _hasten(rule)
        (folder / file.name).write_text(yaml.safe_dump(rules, sort_keys=False))
    return frozenset(hastened)


def _hasten(rule: dict[str, Any]) -> set[str]:
    was = rule["expr"]
    rule["expr"] = WINDOW.sub(_shorter, SAMPLES.sub("3 * sum_over_time", was))
    if rule["expr"] == was or "alert" not in rule:
        return set()
    if "slo" in rule["labels"] and "for" in rule:
        rule["for"] = f"{_seconds(rule['for']) // TIMES}s"
    return {rule["alert"]}


def _shorter(found: re.Match[str]) -> str:
    seconds = int(found[2]) * UNITS[found[3]]
    return f"{found[1]}{seconds // TIMES}s" if seconds > 60 else found[0]


def _seconds(written: str) -> int:
    return int(written[:-1]) * UNITS[written[-1]]
