"""Asks again, where asking again is harmless: a few times, after a random wait, in time.

The wait is drawn from zero to a bound that doubles (full jitter), so that those who
failed together do not come back together. A budget keeps what is asked again a small
share of what is asked: a service that is down is not buried by those who wait for it.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from apps.kit import deadlines
from apps.kit.breaker import BreakerOpen
from apps.kit.credentials import IssuerAway
from apps.kit.signals import Counter, event

T = TypeVar("T")

ATTEMPTS = Counter(
    "retry.attempts",
    unit="{attempt}",
    about="Attempts at calls that may be repeated, by what came of them.",
    by=("peer.service", "retry.outcome"),
)
"""Outcomes: first, again, and why there was no other: spent (no attempt left), late (no
time), poor (no budget), refused (an open breaker, or no token to show)."""

UNASKED = (BreakerOpen, IssuerAway)
"""Nothing was sent, and nothing would be if it were tried again at once."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How often, and how soon; times in seconds."""

    attempts: int = 3
    base_s: float = 0.1
    most_s: float = 0.4
    least_s: float = 0.1
    """With less time left than this, nothing is asked any more."""
    budget: float = 0.1
    """Of 1: so much is asked again of what is asked."""
    credit: float = 2.0
    """Retries that are there at the start, and saved at most while all is well."""
    longest_s: float = 2.0
    """Who asks us to come back later than this (Retry-After) is asked no more: that is
    for whoever waits, deadline or none."""


class Again(Exception):
    """The attempt failed, and another may succeed; it is raised from the failure.

    `after_s` is what the other side asked for (Retry-After), if it did.
    """

    def __init__(self, after_s: float | None = None) -> None:
        super().__init__(after_s)
        self.after_s = after_s


@dataclass(slots=True)
class Tried:
    """How often a call was really made; it is there for who is interested."""

    attempts: int = 0


class Retries:
    """The retries of all calls to one service, with their common budget."""

    def __init__(
        self,
        peer: str,
        patience: Patience,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        draw: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._peer = peer
        self._patience = patience
        self._sleep = sleep
        self._draw = draw
        self._saved = patience.credit

    async def run(
        self, attempt: Callable[[], Awaitable[T]], tried: Tried | None = None
    ) -> T:
        """The first answer; or what the last attempt raised, without its Again.

        Inside the deadline: neither a wait nor an attempt begins that has no time left.
        """
        tried = tried or Tried()
        while True:
            try:
                return await self._once(attempt, tried)
            except Again as again:
                wait_s = self._wait(again, tried.attempts)
                if wait_s is None:
                    raise again.__cause__ or again from None
            await self._sleep(wait_s)
            event("retry.again", {"peer.service": self._peer, "retry.wait_s": wait_s})

    async def _once(self, attempt: Callable[[], Awaitable[T]], tried: Tried) -> T:
        """Where nobody was asked, nothing is earned and nothing spent."""
        outcome = "again" if tried.attempts else "first"
        tried.attempts += 1
        try:
            return await attempt()
        except UNASKED:
            tried.attempts -= 1
            if outcome == "again":
                self._save(1.0)
            outcome = "refused"
            raise
        finally:
            self._count(outcome)
            if outcome == "first":
                self._save(self._patience.budget)

    def _save(self, share: float) -> None:
        self._saved = min(self._patience.credit, self._saved + share)

    def _wait(self, again: Again, made: int) -> float | None:
        """How long until the next attempt; None if there is to be none."""
        patience, left = self._patience, deadlines.left_s()
        most = min(patience.most_s, patience.base_s * 2.0 ** (made - 1))
        wait_s = max(self._draw(0.0, most), again.after_s or 0.0)
        is_late = (again.after_s or 0.0) > patience.longest_s
        is_late |= left is not None and left - wait_s < patience.least_s
        if made >= patience.attempts:
            self._count("spent")
        elif is_late:
            self._count("late")
        elif self._saved < 1.0:
            self._count("poor")
        else:
            self._saved -= 1.0
            return wait_s
        return None

    def _count(self, outcome: str) -> None:
        ATTEMPTS.add({"peer.service": self._peer, "retry.outcome": outcome})
