"""Bulkheads: so many calls to one service at once, and who finds no place waits not long.

A service that hangs fills its own bulkhead, and leaves the rest of us afloat.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from apps.kit import deadlines
from apps.kit.signals import Counter, Facts, Gauge, event

IN_USE = Gauge(
    "bulkhead.in_use",
    unit="{call}",
    about="Calls inside a bulkhead.",
    by=("bulkhead.name",),
)
REFUSED = Counter(
    "bulkhead.refused",
    unit="{call}",
    about="Calls that found no place in their bulkhead in time.",
    by=("bulkhead.name",),
)


class BulkheadFull(Exception):
    """Nobody was asked: too many are being asked already."""


class Bulkhead:
    """So many places; first come, first served."""

    def __init__(self, name: str, places: int, *, wait_s: float = 0.05) -> None:
        self._facts: Facts = {"bulkhead.name": name}
        self._free = asyncio.Semaphore(places)
        self._wait_s = wait_s
        self.in_use = 0

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Hold a place; raises BulkheadFull when none gets free in time."""
        await self._enter()
        self._moved(1)
        try:
            yield
        finally:
            self._moved(-1)
            self._free.release()

    def watch(self) -> None:
        """Tell the gauge."""
        IN_USE.set(self.in_use, self._facts)

    async def _enter(self) -> None:
        if not self._free.locked():
            await self._free.acquire()  # at once
            return
        try:
            async with asyncio.timeout(deadlines.cut(self._wait_s)):
                await self._free.acquire()
        except TimeoutError as late:
            REFUSED.add(self._facts)
            event("bulkhead.refused", self._facts)
            raise BulkheadFull(self._facts["bulkhead.name"]) from late

    def _moved(self, by: int) -> None:
        self.in_use += by
        self.watch()
