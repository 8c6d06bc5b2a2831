"""What a look at one invariant brings."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from .books import Books


class NotLookedAt(Exception):
    """There is nothing to look at, and that is no fault; it says why."""


class Unreadable(Exception):
    """There is something to look at, and it makes no sense."""


@dataclass(frozen=True, slots=True)
class Finding:
    """How many were looked at, and what is wrong: one text each, with its id."""

    checked: int
    violations: Sequence[str] = ()
    note: str = ""
    """What is no violation, and still good to know."""


@dataclass(frozen=True, slots=True)
class Invariant:
    """Something that must hold, and the function that looks whether it does."""

    id: str
    says: str
    counts: str
    """What is counted: `holds`, `payments`, …"""
    look: Callable[[Books], Awaitable[Finding]]


@dataclass(frozen=True, slots=True)
class Verdict:
    """An invariant, and what became of the look at it."""

    invariant: Invariant
    finding: Finding | None = None
    skipped: str = ""
    """Why it was not checked."""
    away: str = ""
    """Why it could not be."""

    @property
    def holds(self) -> bool:
        return self.finding is not None and not self.finding.violations

    @property
    def violations(self) -> Sequence[str]:
        return self.finding.violations if self.finding else ()
