"""What a service starts before it is ready, and stops at the end."""

import asyncio
import signal
from collections.abc import Sequence
from typing import Protocol

from apps.kit.signals import Facts, tell

STOP_WITHIN_S = 3.0
"""Longest that a part may take to stop, in seconds; then the next one stops."""


class Part(Protocol):
    """Something that a service starts before it is ready, and stops at the end."""

    async def start(self) -> None: ...
    async def stop(self) -> None: ...
    async def is_ready(self) -> bool: ...


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

    async def stop(self) -> None:
        """Stop all, last first; one that cannot keeps no other from it."""
        for part in reversed(self._started):
            try:
                async with asyncio.timeout(STOP_WITHIN_S):
                    await part.stop()
            except Exception as fault:  # noqa: BLE001  (told; the others stop too)
                facts: Facts = {"error.type": type(fault).__qualname__}
                tell("part.unstopped", facts, level="warning", fault=fault)

    async def are_ready(self) -> bool:
        return self.have_started and all(
            [await part.is_ready() for part in self._parts]
        )
