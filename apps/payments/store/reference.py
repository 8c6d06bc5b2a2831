"""What the house changes by hand, and seldom: it is asked for again after some seconds."""

import time
from collections.abc import Awaitable, Callable
from typing import Final, Generic, TypeVar

V = TypeVar("V")

FRESH_S: Final = 5.0
"""A terminal that is closed refuses payments after so long; cards are looked up anew
for each."""


class Remembered(Generic[V]):
    """By name; what is unknown is not remembered, for strangers choose the names."""

    def __init__(self, ask: Callable[[str], Awaitable[V | None]]) -> None:
        self._ask = ask
        self._known: dict[str, tuple[float, V]] = {}

    async def of(self, name: str) -> V | None:
        until, known = self._known.get(name, (0.0, None))
        if known is not None and time.monotonic() < until:
            return known
        found = await self._ask(name)
        if found is None:
            self._known.pop(name, None)
        else:
            self._known[name] = (time.monotonic() + FRESH_S, found)
        return found
