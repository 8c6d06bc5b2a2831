"""A load run as it was written down: run.json, and a line per request."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from http import HTTPStatus
from pathlib import Path
from typing import Any

FLOOR, BANK, OTHER = "floor", "bank", "other"
PATHS = (FLOOR, BANK, OTHER)
CARD = re.compile(r"(?<![0-9A-Za-z])[2-6][0-9]{3}(?:[ -]?[0-9]){9,15}(?![0-9A-Za-z])")
"""No history holds a card number; what a stack answered might."""

SINCE_1970 = 1e8
"""What is later than this is a date; what is not counts from the start of the run."""


class Unreadable(Exception):
    """There is no run here, or none that can be read; says which line."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request and its answer; times are seconds since 1970."""

    step: str
    start: float
    end: float
    due: float
    result: str
    journey: str = ""
    kind: str = OTHER
    method: str = ""
    path_template: str = ""
    key: str | None = None
    status: int | None = None
    payment_id: str | None = None
    outcome: str | None = None
    response_code: str | None = None
    mode: str | None = None
    wrong: str | None = None
    trace_id: str | None = None

    @property
    def seconds(self) -> float:
        """What the caller waited, from when his turn had come."""
        return self.end - self.due

    @property
    def served_s(self) -> float:
        """What passed from the request to its answer."""
        return self.end - self.start

    @property
    def is_wrong(self) -> bool:
        """Answered, and not as the rules have it."""
        answered = self.status is not None and self.status < 500 and self.status != 429
        return self.result == "fail" and answered

    @property
    def failed(self) -> bool:
        """Nobody answered, or with no answer; whoever was in a hurry may get a 504."""
        if self.result == "ok":
            return False
        if self.status is None or self.status == 429:
            return True
        return self.status >= 500 and (self.status, self.wrong) != (504, None)

    @property
    def is_bad(self) -> bool:
        return self.failed or self.is_wrong

    @property
    def is_order(self) -> bool:
        return self.method == "POST" and self.path_template.endswith("/payments")

    @property
    def trouble(self) -> str:
        """What is bad about it, as a kind of which there are few."""
        reason = (self.wrong or "").partition(":")[0]
        if self.is_wrong:
            return f"wrong: {reason}" if reason.isalpha() else "wrong answer"
        if self.status is None:
            return "not sent" if reason == "unsent" else "no answer"
        names = {each.value: each.phrase for each in HTTPStatus}
        return f"{self.status} {names.get(self.status, '')}".strip()


@dataclass(frozen=True, slots=True)
class Stage:
    """From then on so many users, or so many orders a second."""

    at: float
    users: int | None = None
    rate: float | None = None


@dataclass(frozen=True)
class Run:
    """A run, and all that was asked in it, in the order in which it was due."""

    home: Path
    facts: Mapping[str, Any]
    asked: list[Asked]
    broken_lines: int = 0
    stages: list[Stage] = field(default_factory=list)

    @property
    def run_id(self) -> str:
        return str(self.facts.get("run_id") or self.home.name)

    @property
    def shape(self) -> str:
        return str(self.facts.get("shape") or "unknown")

    @property
    def is_open(self) -> bool:
        """Orders came at a rate, whatever became of those before."""
        return self.facts.get("rate") is not None

    @cached_property
    def started(self) -> float:
        first = min((each.due for each in self.asked), default=0.0)
        return float(self.facts.get("started") or first)

    @cached_property
    def ended(self) -> float:
        last = max((each.end for each in self.asked), default=self.started)
        return float(self.facts.get("ended") or last)

    @property
    def seconds(self) -> float:
        return max(self.ended - self.started, 1e-9)

    @property
    def sampled(self) -> float:
        """The share of its traces that was kept."""
        return float(self.facts.get("sampled", 1))

    @property
    def is_dead(self) -> bool:
        """Nobody answered anything."""
        return all(each.status is None for each in self.asked)


def read(home: Path) -> Run:
    """Raises Unreadable where there is no history."""
    files = sorted(home.glob("history*.jsonl"))
    if not files:
        raise Unreadable(f"no history*.jsonl in {home}")
    facts, asked, broken = _facts(home / "run.json"), list[Asked](), 0
    for file in files:
        for each in _lines(file):
            if each is None:
                broken += 1
            else:
                asked.append(each)
    asked.sort(key=lambda each: each.due)
    run = Run(home, facts, asked, broken)
    run.stages.extend(_stages(facts.get("stages") or [], run.started))
    return run


def _facts(file: Path) -> Mapping[str, Any]:
    if not file.is_file():
        return {}
    try:
        found: Mapping[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as fault:
        raise Unreadable(f"{file} is no JSON") from fault
    return found


KNOWN = {each.name for each in fields(Asked)}


def _lines(file: Path) -> Iterator[Asked | None]:
    """Whoever is killed may leave half a line: None."""
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            try:
                said = json.loads(line)
                told = {key: _masked(said[key]) for key in KNOWN & said.keys()}
                yield Asked(**{"due": said["start"], **told})
            except (ValueError, TypeError, KeyError):
                yield None


def _masked(value: Any) -> Any:
    return CARD.sub("****", value) if isinstance(value, str) else value


def _stages(said: list[Mapping[str, Any]], started: float) -> Iterator[Stage]:
    for each in said:
        at = float(each["at"])
        at = at if at > SINCE_1970 else started + at
        yield Stage(at, each.get("users"), each.get("rate"))
