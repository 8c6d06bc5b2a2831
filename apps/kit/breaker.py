"""Circuit breakers: a service that is away is not asked, and whoever waits hears at once.

One `Breaker` per dependency goes around each attempt at a call; the rules are in
`circuit.py`. A gauge (a pool nearly used up) opens it as calls do, and an operator may
hold it open or closed for a while (`ops.py`).
"""

import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar

from apps.kit.circuit import Circuit, Hold, Outcome, Policy, Source, State
from apps.kit.signals import Counter, Facts, Gauge, Level, event, tell
from apps.kit.values import now

T = TypeVar("T")

STATE = Gauge(
    "breaker.state",
    unit="{state}",
    about="0 closed, 1 half-open, 2 open, 3 held open, -1 held closed.",
    by=("breaker.name",),
)
CALLS = Counter(
    "breaker.calls",
    unit="{call}",
    about="Calls at a breaker: those that passed, by what came of them, and refused ones.",
    by=("breaker.name", "breaker.outcome"),
)
TRANSITIONS = Counter(
    "breaker.transitions",
    unit="{transition}",
    about="Changes of a breaker's state.",
    by=("breaker.name", "breaker.to"),
)

BLIND = -1
"""The era of calls that pass unseen, because the breaker is held closed."""

FIGURES = {"closed": 0, "half_open": 1, "open": 2, "forced_open": 3, "disabled": -1}


class BreakerOpen(Exception):
    """Nobody was asked: the breaker is open."""

    def __init__(self, name: str, retry_after_s: float) -> None:
        super().__init__(name)
        self.retry_after_s = retry_after_s


class Breaker:
    """A breaker by its name; `counts` tells which exceptions are the other's failure.

    What says neither yes nor no (it answers None) is as if the call had not been.
    """

    def __init__(
        self,
        name: str,
        policy: Policy,
        *,
        counts: Callable[[Exception], bool | None] = lambda _: True,
        source: Source | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self.circuit = Circuit(policy, clock)
        self.held: Hold | None = None
        self._counts = counts
        self._source = source
        self._clock = clock
        self._told = "closed"
        self.has_closed = False
        """Since whoever waits for that last took note, and set it back."""

    @property
    def state(self) -> str:
        """One of `FIGURES`."""
        if self._is_held:
            return "forced_open" if self._is_held_open else "disabled"
        return self.circuit.state

    @property
    def room(self) -> int | None:
        """How many calls would pass now; None is any number."""
        if self._is_held:
            return 0 if self._is_held_open else None
        return self.circuit.room

    @property
    def retry_after_s(self) -> float:
        if self.held and self._is_held_open:
            return self.held.ends - self._clock()
        return self.circuit.retry_after_s

    @property
    def _is_held(self) -> bool:
        return self.held is not None and self._clock() < self.held.ends

    @property
    def _is_held_open(self) -> bool:
        return self._is_held and self.held is not None and self.held.is_open

    async def call(
        self, work: Callable[[], Awaitable[T]], *, may_probe: bool = True
    ) -> T:
        """Do the work, or raise BreakerOpen at once; who may not probe, unless closed."""
        era = self._admit(may_probe=may_probe)
        begun, outcome = self._clock(), None
        try:
            result = await work()
            outcome = self._judged(begun)
        except Exception as fault:
            failed = self._counts(fault)
            if failed is not None:
                outcome = Outcome.FAILED if failed else self._judged(begun)
            raise
        else:
            return result
        finally:
            self._settle(era, outcome)

    def hold(self, *, is_open: bool, for_s: float, by: str, reason: str) -> None:
        """Hold it open, or closed and blind, for so long."""
        until = now() + timedelta(seconds=for_s)
        self.held = Hold(is_open, self._clock() + for_s, until, by, reason)
        self._tell("held", by=by)

    def let_go(self, by: str) -> None:
        """Back to what the calls say."""
        self.held = None
        self._tell("let go", by=by)

    def watch(self) -> None:
        """Tell the gauge; and, if nobody called meanwhile, that an operator's word ended."""
        self._expire()
        STATE.set(FIGURES[self.state], {"breaker.name": self.name})

    def _expire(self) -> None:
        if self.held and not self._is_held:
            self.held = None
            self._tell("expired")

    def _judged(self, begun: float) -> Outcome:
        is_slow = self._clock() - begun >= self.circuit.policy.slow_s
        return Outcome.SLOW if is_slow else Outcome.OK

    def _admit(self, *, may_probe: bool) -> int:
        self._expire()
        if self.held:
            era = None if self.held.is_open else BLIND
        else:
            self._gauge()
            is_closed = self.circuit.state is State.CLOSED
            era = self.circuit.admit() if may_probe or is_closed else None
            self._tell("time is up")
        if era is None:
            facts: Facts = {"breaker.name": self.name, "breaker.outcome": "refused"}
            CALLS.add(facts)
            event("breaker.refused", facts)
            raise BreakerOpen(self.name, self.retry_after_s)
        if era != BLIND and self.circuit.state is State.HALF_OPEN:
            event("breaker.probed", {"breaker.name": self.name})
        return era

    def _gauge(self) -> None:
        """Trip on the other source, where a call would pass."""
        if self._source is None or self.circuit.room == 0:
            return
        if self._source.read() >= self._source.most:
            self.circuit.trip()
            self._tell(self._source.name)

    def _settle(self, era: int, outcome: Outcome | None) -> None:
        self.circuit.settle(era, outcome)
        if outcome is not None:
            CALLS.add({"breaker.name": self.name, "breaker.outcome": outcome})
        self._tell("calls")

    def _tell(self, why: str, by: str | None = None) -> None:
        """A line, a count and the gauge, if the state is another than was last told."""
        state, before = self.state, self._told
        if state == before:
            return
        self._told = state
        self.has_closed |= state in {"closed", "disabled"}
        facts: Facts = {
            "breaker.name": self.name,
            "breaker.from": before,
            "breaker.to": state,
            "breaker.why": why,
            "breaker.by": by,
            "breaker.open_s": self.retry_after_s or None,
        }
        STATE.set(FIGURES[state], facts)
        event("breaker.changed", facts)
        level: Level = "info" if state in {"closed", "half_open"} else "warning"
        audit = by is not None  # somebody did it, and no call
        tell("breaker.changed", facts, count=TRANSITIONS, level=level, audit=audit)
