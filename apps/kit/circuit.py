"""The rules of a circuit breaker: who is let through, and what comes of it. No I/O.

closed     all pass; too many failed or slow ones among the last open it
open       none passes until its time is up, which doubles each time, until a window of
           calls went well
half-open  one probe, then two, five at most: all good close it, one bad opens it again

docs/decisions/0030-the-breaker.md says why it is ours.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class State(StrEnum):
    CLOSED = "closed"
    HALF_OPEN = "half_open"
    OPEN = "open"


class Outcome(StrEnum):
    OK = "ok"
    SLOW = "slow"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Policy:
    """When to open, and for how long; shares are of 1, times in seconds."""

    calls: int = 20
    """No verdict on fewer calls; without `within_s`, on no older ones either."""
    within_s: float | None = None
    """Judge all calls of so long instead of the last few."""
    bad: float = 0.5
    """From this share of failed and slow calls on it opens."""
    slow_s: float = 0.6
    """A call that took so long is slow."""
    open_s: float = 5.0
    open_most_s: float = 60.0
    probes: int = 5


@dataclass(frozen=True, slots=True)
class Hold:
    """An operator's word, which goes before what the calls say, until its time is up."""

    is_open: bool
    ends: float
    until: datetime
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Source:
    """What else may open a breaker: a share of 1, and from where on it is too much."""

    name: str
    read: Callable[[], float]
    most: float = 0.9


@dataclass(slots=True)
class Window:
    """The calls that are judged, and how many of them went wrong."""

    policy: Policy
    clock: Callable[[], float]
    calls: deque[tuple[float, bool]] = field(default_factory=deque)
    bad: int = 0

    def add(self, outcome: Outcome) -> None:
        is_bad = outcome is not Outcome.OK
        self.calls.append((self.clock(), is_bad))
        self.bad += is_bad
        self.forget()

    def forget(self) -> None:
        """What is too old counts no more."""
        policy, calls = self.policy, self.calls
        if policy.within_s is None:
            while len(calls) > policy.calls:
                self.bad -= calls.popleft()[1]
            return
        while calls and calls[0][0] <= self.clock() - policy.within_s:
            self.bad -= calls.popleft()[1]

    @property
    def share(self) -> float:
        """How many of them went wrong, of 1."""
        return self.bad / len(self.calls) if self.calls else 0.0

    @property
    def is_full(self) -> bool:
        """There are calls enough for a verdict."""
        return len(self.calls) >= self.policy.calls

    @property
    def is_too_bad(self) -> bool:
        return self.is_full and self.bad >= self.policy.bad * len(self.calls)


class Circuit:
    """Says who passes (`admit`) and learns what came of it (`settle`).

    One event loop's: nothing here awaits, so nobody comes between two lines. An answer
    to what was let through in an earlier state (`era`) decides nothing any more.
    """

    def __init__(self, policy: Policy, clock: Callable[[], float]) -> None:
        self.policy = policy
        self.era = 0
        self.state = State.CLOSED
        self.window = Window(policy, clock)
        self._clock = clock
        self._opened_at = 0.0
        self._again = -1  # openings since a whole window went well, but for the first
        self._probing = self._good = 0

    @property
    def opens_for_s(self) -> float:
        """How long it stays open this time."""
        most = self.policy.open_most_s
        return float(min(most, self.policy.open_s * 2.0 ** min(self._again, 30)))

    @property
    def retry_after_s(self) -> float:
        """How long until a call may pass again; 0 if one may now."""
        if self.state is not State.OPEN:
            return 0.0
        return max(0.0, self._opened_at + self.opens_for_s - self._clock())

    @property
    def room(self) -> int | None:
        """How many calls may pass now; None is any number."""
        if self.state is State.CLOSED:
            return None
        if self.state is State.OPEN:
            return 0 if self.retry_after_s > 0 else 1
        at_once = self._good + 1 - self._probing
        return max(0, min(at_once, self.policy.probes - self._good - self._probing))

    def admit(self) -> int | None:
        """The era in which the call passes; None if it does not."""
        if self.room == 0:
            return None
        if self.state is State.OPEN:
            self._become(State.HALF_OPEN)
        if self.state is State.HALF_OPEN:
            self._probing += 1
        return self.era

    def settle(self, era: int, outcome: Outcome | None) -> None:
        """What came of the call; None if it was broken off, and so says nothing."""
        if era != self.era:
            return
        if self.state is State.HALF_OPEN:
            self._probing -= 1
            self._judge(outcome)
        elif outcome is not None:
            self.window.add(outcome)
            if self.window.is_too_bad:
                self.trip()
            elif self.window.is_full:
                self._again = -1

    def trip(self) -> None:
        """Open, whatever the calls say; for longer, if little went well in between."""
        self._again += 1
        self._opened_at = self._clock()
        self._become(State.OPEN)

    def _judge(self, outcome: Outcome | None) -> None:
        if outcome is Outcome.OK:
            self._good += 1
            if self._good >= self.policy.probes:
                self._become(State.CLOSED)
        elif outcome is not None:
            self.trip()

    def _become(self, state: State) -> None:
        self.state, self.era = state, self.era + 1
        self._probing = self._good = 0
        if state is State.CLOSED:
            self.window = Window(self.policy, self._clock)
