"""What a service starts before it is ready, takes back when it leaves, stops at the end."""

import asyncio
import signal
from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from apps.kit.signals import Facts, tell

STOP_WITHIN_S = 3.0
"""Longest that a part may take to stop, in seconds; then the next one stops."""

LEAVE_WITHIN_S = 1.0
"""Longest that a part may take to leave, in seconds."""


class Part(Protocol):
    """Something that a service starts before it is ready, and stops at the end."""

    async def start(self) -> None: ...
    async def stop(self) -> None: ...
    async def is_ready(self) -> bool: ...


@runtime_checkable
class Leaver(Protocol):
    """A part that others know of: it takes its leave before the service stops."""

    async def leave(self) -> None: ...


class Parts:
    """The parts in the order in which they need one another."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self._parts = parts
        self._started: list[Part] = []
        self.are_broken = False

    @property
    def have_started(self) -> bool:
        return len(self._started) == len(self._parts)

    async def start(self) -> None:
        """Start all; a part that breaks for good takes the process down with it."""
        try:
            for part in self._parts:
                await part.start()
                self._started.append(part)
        except Exception as fault:  # noqa: BLE001  (told; the process ends)
            facts: Facts = {"error.type": type(fault).__qualname__}
            tell("service.broken", facts, level="error", fault=fault)
            self.are_broken = True
            signal.raise_signal(signal.SIGTERM)
        else:
            tell("service.ready", {})

    async def leave(self) -> None:
        """Take leave of all that know us; what fails is forgotten by them in time."""
        leavers = [part for part in self._started if isinstance(part, Leaver)]
        for part in reversed(leavers):
            try:
                async with asyncio.timeout(LEAVE_WITHIN_S):
                    await part.leave()
            except Exception as fault:  # noqa: BLE001  (told; it stops all the same)
                _tell("part.stayed", fault)

    async def stop(self) -> None:
        """Stop all, last first; one that cannot keeps no other from it."""
        for part in reversed(self._started):
            try:
                async with asyncio.timeout(STOP_WITHIN_S):
                    await part.stop()
            except Exception as fault:  # noqa: BLE001  (told; the others stop too)
                _tell("part.unstopped", fault)

    async def are_ready(self) -> bool:
        return self.have_started and all(
            [await part.is_ready() for part in self._parts]
        )


def _tell(event: str, fault: Exception) -> None:
    facts: Facts = {"error.type": type(fault).__qualname__}
    tell(event, facts, level="warning", fault=fault)
