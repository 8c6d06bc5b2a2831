"""Refuses at once what could only wait: so many requests in flight, and no more.

The limit follows what is measured (additive increase, multiplicative decrease): while
even the quickest fifth of the answers takes longer than it should, it shrinks, by half at
most; while it does not, and the limit is nearly used up, it grows. The quickest tell
whether *we* are overloaded: a dependency that hangs slows down those who need it alone.
Only who was given what he asked for says that we are quick: a refusal cost nothing.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from apps.kit import errors
from apps.kit.errors import Overloaded
from apps.kit.server import PROBES
from apps.kit.signals import Counter, Facts, Gauge, event, tell

LIMIT = Gauge(
    "shedding.limit",
    unit="{request}",
    about="Requests that may be in flight at once, as last measured.",
)
IN_FLIGHT = Gauge(
    "shedding.in_flight",
    unit="{request}",
    about="Requests in flight, those refused not among them.",
)
REFUSED = Counter(
    "shedding.refused",
    unit="{request}",
    about="Requests refused at once because too many were in flight.",
)

WINDOW_S, SAMPLE = 0.5, 10
"""Answers are gathered for so many seconds, and so many of them: fewer say nothing."""

QUICKEST = 0.2
"""The share of answers by whose time the limit is judged."""

SHRINKS_TO = (0.5, 0.8)
"""The further the quickest are from what they should take, the more it shrinks."""

CALM_S = 5.0
"""Shedding is over when nothing was refused for so long, in seconds."""

OPERATORS = "/ops/"
PLACES = 8
"""So many of those who mend it are let in besides, whatever else is in flight."""

WANTING = frozenset({503, 504})
"""Statuses of what failed for want of capacity: as slow as can be, however soon."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """Between how many requests the limit moves; the same twice is a fixed limit."""

    least: int
    most: int
    start: int
    target_s: float
    """The quickest of the answers should take no longer than this."""

    @classmethod
    def fixed(cls, limit: int) -> Self:
        return cls(limit, limit, limit, 0.0)


class Shedder:
    """Counts requests in and out: whoever entered leaves, whatever became of it."""

    def __init__(
        self, bounds: Bounds, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._bounds = bounds
        self._clock = clock
        self._limit = float(bounds.start)
        self._took: list[float] = []
        self._operators = 0
        self._most_in_flight = 0
        self._window_ends = clock() + WINDOW_S
        self._last_refused: float | None = None
        self._refused = 0
        self.in_flight = 0

    @property
    def limit(self) -> int:
        return int(self._limit)

    @property
    def is_shedding(self) -> bool:
        return self._last_refused is not None

    def enter(self) -> None:
        """One more; raises Overloaded at once if there are enough."""
        if self.in_flight >= self.limit:
            self._refuse()
            raise Overloaded("Send it again a little later.")
        self.in_flight += 1
        self._most_in_flight = max(self._most_in_flight, self.in_flight)

    def leave(self, seconds: float, status: int) -> None:
        """One less, answered so (0: not at all), after so long."""
        self.in_flight -= 1
        # A refusal is slow because we are, but quick for reasons of its own.
        is_proof = 200 <= status < 300 or seconds > self._bounds.target_s
        if is_proof or status in WANTING:
            self._took.append(float("inf") if status in WANTING else seconds)
        now = self._clock()
        if now >= self._window_ends and len(self._took) >= SAMPLE:
            self._judge()
            self._window_ends = now + WINDOW_S

    def place(self, *, is_operator: bool) -> "Place":
        """A place in flight, or one of the operators'; raises Overloaded at once."""
        if not is_operator:
            self.enter()
            return Place(self.leave)
        if self._operators >= PLACES:
            REFUSED.add({})
            raise Overloaded("Send it again a little later.")
        self._operators += 1
        return Place(self._operator_leaves)

    def _operator_leaves(self, _seconds: float, _status: int) -> None:
        self._operators -= 1

    def watch(self) -> None:
        """Tell the gauges; and, once, that shedding is over."""
        LIMIT.set(self.limit, {})
        IN_FLIGHT.set(self.in_flight, {})
        last = self._last_refused
        if last is not None and self._clock() - last >= CALM_S:
            tell("shedding.ended", {"shedding.refused": self._refused})
            self._last_refused, self._refused = None, 0

    def _refuse(self) -> None:
        if self._last_refused is None:
            facts: Facts = {"shedding.limit": self.limit}
            tell("shedding.began", facts, level="warning")
        self._last_refused = self._clock()
        self._refused += 1
        REFUSED.add({})
        event("shedding.refused", {"shedding.limit": self.limit})

    def _judge(self) -> None:
        quick = sorted(self._took)[int(QUICKEST * len(self._took))]
        wanted, is_used = self._limit, self._most_in_flight >= 0.8 * self._limit
        if quick > self._bounds.target_s:
            most, least = SHRINKS_TO
            wanted = self._limit * min(least, max(most, self._bounds.target_s / quick))
        elif is_used or self._limit < self._bounds.start:
            wanted = self._limit + max(1.0, self._limit**0.5)
        self._limit = min(max(wanted, self._bounds.least), self._bounds.most)
        self._took.clear()
        self._most_in_flight = self.in_flight


class Shedding:
    """An ASGI middleware: in front of all that costs, behind the server's span."""

    def __init__(self, app: ASGIApp, shedder: Shedder) -> None:
        self._app = app
        self._shedder = shedder

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in PROBES:
            return await self._app(scope, receive, send)
        is_operator = scope["path"].startswith(OPERATORS)
        try:
            place = self._shedder.place(is_operator=is_operator)
        except Overloaded as full:
            return await errors.answer(full)(scope, receive, send)
        return await place.answers(self._app, scope, receive, send)


class Place:
    """One request's place: left when it is answered, or breaks, or is given up."""

    def __init__(self, leave: Callable[[float, int], None]) -> None:
        self._leave = leave

    async def answers(
        self, app: ASGIApp, scope: Scope, receive: Receive, send: Send
    ) -> None:
        begun, status = time.perf_counter(), 0

        async def answer(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await app(scope, receive, answer)
        finally:
            self._leave(time.perf_counter() - begun, status)
