"""Keeps answers for a while: one question at a time, and an old answer when there is no new.

docs/decisions/0031-the-gateway.md says why it is ours.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from apps.kit.signals import Counter, event, tell

T = TypeVar("T")

LOOKUPS = Counter(
    "cache.lookups",
    unit="{lookup}",
    about="Questions to a cache, by how they were answered.",
    by=("cache.name", "cache.outcome"),
)


class Outcome(StrEnum):
    HIT = "hit"
    MISS = "miss"
    COALESCED = "coalesced"
    """Another was already asking the same, and both have the one answer."""
    STALE = "stale"
    """There is no new answer; the last one is given, and says its age."""


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """An answer, how it was come by, and its age in seconds."""

    value: T
    outcome: Outcome
    age_s: float = 0.0


@dataclass(frozen=True, slots=True)
class _Kept(Generic[T]):
    value: T
    at: float


class Cache(Generic[T]):
    """Answers by key: fresh for `fresh_s`, given in need for `stale_s` more."""

    def __init__(
        self,
        name: str,
        *,
        fresh_s: float,
        stale_s: float,
        pause_s: float = 1.0,
        most: int = 1_000,
        faults: tuple[type[Exception], ...] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name = name
        self._fresh_s, self._stale_s, self._pause_s = fresh_s, stale_s, pause_s
        self._most = most
        self._faults = faults
        self._no_answer: tuple[type[Exception], ...] = (*faults, TimeoutError)
        self._clock = clock
        self._kept: dict[str, _Kept[T]] = {}
        self._asking: dict[str, asyncio.Task[T]] = {}
        self._paused_until: dict[str, float] = {}

    def __len__(self) -> int:
        return len(self._kept)

    async def get(
        self,
        key: str,
        ask: Callable[[], Awaitable[T]],
        *,
        keeps: Callable[[T], bool] = lambda _value: True,
        within_s: float | None = None,
    ) -> Found[T]:
        """The answer; raises what `ask` raises where there is no old one to give.

        Who cannot wait has the old one or TimeoutError, and says nothing of who is
        asked. An answer that is not to be kept is for him alone who asked.
        """
        kept, now = self._kept.get(key), self._clock()
        if kept and now - kept.at < self._fresh_s:
            return self._told(Found(kept.value, Outcome.HIT, now - kept.at))
        if kept and now < self._paused_until.get(key, now):
            return self._told(Found(kept.value, Outcome.STALE, now - kept.at))
        try:
            async with asyncio.timeout(within_s):
                found = await self._asked(key, ask, keeps)
        except self._no_answer as fault:
            stale = self._stale(key, is_away=isinstance(fault, self._faults))
            if stale is None:
                LOOKUPS.add({"cache.name": self._name, "cache.outcome": Outcome.MISS})
                raise
            found = stale
        return self._told(found)

    async def _asked(
        self, key: str, ask: Callable[[], Awaitable[T]], keeps: Callable[[T], bool]
    ) -> Found[T]:
        """One asks for all; he may go away meanwhile, the question goes on."""
        is_first = key not in self._asking
        if is_first:
            task = asyncio.ensure_future(self._answered(key, ask, keeps))
            self._asking[key] = task
            task.add_done_callback(lambda done: self._over(key, done))
        value = await asyncio.shield(self._asking[key])
        if is_first:
            return Found(value, Outcome.MISS)
        if keeps(value):
            return Found(value, Outcome.COALESCED)
        return Found(await ask(), Outcome.MISS)

    async def _answered(
        self, key: str, ask: Callable[[], Awaitable[T]], keeps: Callable[[T], bool]
    ) -> T:
        value = await ask()
        if keeps(value):
            self._kept.pop(key, None)
            self._kept[key] = _Kept(value, self._clock())
            if len(self._kept) > self._most:
                oldest = next(iter(self._kept))
                self._kept.pop(oldest)
                self._paused_until.pop(oldest, None)
        return value

    def _over(self, key: str, done: asyncio.Task[T]) -> None:
        """Whoever still waits has the answer or the fault."""
        del self._asking[key]
        is_well = not done.cancelled() and done.exception() is None
        if is_well and self._paused_until.pop(key, None) is not None:
            tell("cache.fresh", {"cache.name": self._name})

    def _stale(self, key: str, *, is_away: bool) -> Found[T] | None:
        """The last answer, while the service that gave it, if away, has a rest."""
        kept, now = self._kept.get(key), self._clock()
        if kept is None or now - kept.at >= self._fresh_s + self._stale_s:
            return None
        if is_away:
            if key not in self._paused_until:
                tell("cache.stale", {"cache.name": self._name}, level="warning")
            self._paused_until[key] = now + self._pause_s
        return Found(kept.value, Outcome.STALE, now - kept.at)

    def _told(self, found: Found[T]) -> Found[T]:
        facts = {"cache.name": self._name, "cache.outcome": found.outcome}
        LOOKUPS.add(facts)
        event("cache.looked_up", facts)
        return found
