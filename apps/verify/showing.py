"""How verdicts are shown: a line each for people, an object each for scripts."""

import json
from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from .findings import Verdict

SHOWN = 5
"""Offenders that are named; all are counted."""


def show(verdict: Verdict, console: Console) -> None:
    """One line, and below it who breaks the invariant."""
    console.print(_line(verdict), soft_wrap=True)
    for offender in verdict.violations[:SHOWN]:
        console.print(Text(f"      {offender}", style="red"), soft_wrap=True)
    if (more := len(verdict.violations) - SHOWN) > 0:
        console.print(Text(f"      … and {more:,} more", style="red"))


def as_json(verdict: Verdict) -> str:
    finding = verdict.finding
    return json.dumps(
        {
            "invariant": verdict.invariant.id,
            "says": verdict.invariant.says,
            "holds": verdict.holds if finding else None,
            "checked": finding.checked if finding else None,
            "counts": verdict.invariant.counts,
            "violations": len(verdict.violations),
            "first": list(verdict.violations[:SHOWN]),
            "note": _note(verdict),
        },
        ensure_ascii=False,
    )


def summary(verdicts: Sequence[Verdict]) -> Text:
    broken = sum(1 for each in verdicts if each.violations)
    away = sum(1 for each in verdicts if each.away)
    if broken:
        return Text(f"{broken} broken", style="bold red")
    if away:
        return Text(f"{away} could not be looked at", style="bold yellow")
    return Text("all that was looked at holds", style="bold green")


def _line(verdict: Verdict) -> Text:
    invariant = verdict.invariant
    line = Text.assemble(
        _mark(verdict), f" {invariant.id:<9} ", f"{invariant.says:<36} "
    )
    if verdict.finding:
        line.append(f"{verdict.finding.checked:>9,} {invariant.counts}", style="bold")
    if broken := len(verdict.violations):
        line.append(f"  {broken:,} wrong", style="bold red")
    if note := _note(verdict):
        line.append(f"  {note}", style="yellow")
    return line


def _mark(verdict: Verdict) -> tuple[str, str]:
    if verdict.finding is None:
        return ("?", "yellow") if verdict.away else ("-", "dim")
    return ("✓", "green") if verdict.holds else ("✗", "bold red")


def _note(verdict: Verdict) -> str:
    if verdict.finding:
        return verdict.finding.note
    if verdict.skipped:
        return f"not checked: {verdict.skipped}"
    return f"could not look: {verdict.away}"
