"""What statements cost: as PostgreSQL logged them, and as it explains them."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from statistics import median
from typing import Any

LINE = re.compile(
    r"^\S+ \S+ \S+ \[\d+\] (?P<db>\S+) LOG:  duration: (?P<ms>[\d.]+) ms"
    r"  (?P<step>parse|bind|execute) [^:]*: (?P<sql>.*)",
    re.DOTALL,
)
DETAIL = re.compile(
    r"^\S+ \S+ \S+ \[\d+\] \S+ DETAIL:  [Pp]arameters: (?P<told>.*)", re.DOTALL
)
PARAMETER = re.compile(r"\$\d+ = (NULL|'(?:[^']|'')*')")
OTHER = re.compile(r"^\d{4}-\d\d-\d\d \S+ \S+ \[\d+\]")
REPEATABLE = re.compile(r"^\s*(SELECT|UPDATE|DELETE|WITH|INSERT)\b", re.IGNORECASE)
LARGE = 1_000
"""A table of fewer rows is read in one go, and should be."""


_numbers = count()


@dataclass(frozen=True, slots=True)
class Executed:
    """One execution of a statement, with its literals."""

    sql: str
    ms: float
    step: str
    literals: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement in one state of the books."""

    sql: str
    times: int
    ms: float
    """Median of planning and execution."""
    buffers: int | None = None
    """Pages that it looks at."""
    scans: tuple[str, ...] = ()
    """Large tables that it reads from end to end."""
    not_explained: str = ""

    @property
    def name(self) -> str:
        return named(self.sql)


def named(sql: str) -> str:
    return " ".join(sql.split())[:70]


def executions(log: Iterable[str], database: str) -> Iterator[Executed]:
    """All of a log that were executed in that database."""
    for entry in _entries(log):
        first, *details = entry
        found = LINE.match(first.replace("\n\t", "\n"))
        if not found or found["db"] != database or found["step"] == "parse":
            continue
        literals: tuple[str, ...] = ()
        for detail in details:
            if told := DETAIL.match(detail.replace("\n\t", "\n")):
                literals = tuple(PARAMETER.findall(told["told"]))
        yield Executed(found["sql"], float(found["ms"]), found["step"], literals)


def _entries(log: Iterable[str]) -> Iterator[list[str]]:
    """A log line with what belongs to it; lines that go on begin with a tab."""
    entry: list[str] = []
    for line in log:
        if not OTHER.match(line):
            if entry:
                entry[-1] += "\n" + line
        elif " DETAIL:  " in line and entry:
            entry.append(line)
        else:
            if entry:
                yield entry
            entry = [line]
    if entry:
        yield entry


def summed(executed: Iterable[Executed]) -> dict[str, tuple[int, float, Executed]]:
    """By statement: how often, the median time, and its last execution."""
    times: dict[str, dict[str, list[float]]] = {}
    last: dict[str, Executed] = {}
    for each in executed:
        times.setdefault(each.sql, {}).setdefault(each.step, []).append(each.ms)
        if each.step == "execute":
            last[each.sql] = each
    return {
        sql: (
            len(times[sql]["execute"]),
            sum(median(taken) for taken in times[sql].values()),
            each,
        )
        for sql, each in last.items()
        if REPEATABLE.match(sql)
    }


async def explained(db: Any, executed: Executed) -> dict[str, Any]:
    """The plan of the statement, done once more and then undone."""
    values = f" ({', '.join(executed.literals)})" if executed.literals else ""
    name = f"bench_{next(_numbers)}"  # those of asyncpg are to stay
    undone = db.transaction()
    await undone.start()
    try:
        await db.execute(f"PREPARE {name} AS {executed.sql}")
        told = await db.fetchval(
            f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE {name}{values}"
        )
    finally:
        await undone.rollback()
    plan: dict[str, Any] = json.loads(told)[0]["Plan"]
    return plan


def pages(plan: dict[str, Any]) -> int:
    """Of the whole plan, its triggers not counted."""
    return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])


def scans(plan: dict[str, Any], large: frozenset[str]) -> Iterator[str]:
    """Large tables below this node that are read from end to end."""
    if plan["Node Type"] == "Seq Scan" and plan["Relation Name"] in large:
        yield plan["Relation Name"]
    for below in plan.get("Plans", []):
        yield from scans(below, large)
