"""What the probe does: it pays, in turn what the shop decides and what the bank does."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import cycle
from typing import Protocol

from apps.kit.baggage import carried
from apps.kit.signals import span

from . import signals
from .domain import Answer, Outcome, Path, judge

JOURNEY = "journey=probe"
"""Goes along with every call and event: what tells of payments can leave these out."""


class Gateway(Protocol):
    """The way in, as clients have it."""

    async def pay(self, path: Path) -> Answer:
        """Order, and wait; silence is an answer, too."""
        ...


@dataclass(frozen=True, slots=True)
class Ports:
    gateway: Gateway
    slow_s: float
    grace_s: float
    elapsed: Callable[[], float] = time.monotonic


class Turns:
    """One payment after another, in the two ways that there are."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._paths = cycle(Path)
        self._begun = ports.elapsed()
        self._is_answered = False

    async def next(self) -> None:
        """Pay once, as a journey of its own."""
        with carried(JOURNEY):
            await self._pay(next(self._paths))

    @span("probe.pay")
    async def _pay(self, path: Path) -> None:
        """Pay as a client would, and tell what came of it."""
        answer = await self._ports.gateway.pay(path)
        outcome = judge(path, answer, self._ports.slow_s)
        self._is_answered |= outcome is not Outcome.SILENT
        if self._is_answered or self._is_late:
            signals.paid(path, answer, outcome)
        else:
            signals.early(path, answer)

    @property
    def _is_late(self) -> bool:
        return self._ports.elapsed() - self._begun > self._ports.grace_s
