"""A breaker against a plain model of it: calls that begin, end late, or never end."""

import asyncio
from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from apps.kit.breaker import Breaker, BreakerOpen
from apps.kit.circuit import Policy, Source
from tests.kit.breaking import Call, Clock, Nobodys, Ours, Theirs, counts

BAD = {"theirs": Theirs, "ours": Ours, "nobodys": Nobodys, "none": None}
FAULTS = {**BAD, "cancelled": asyncio.CancelledError}


@dataclass
class Model:
    """What the docstring of `circuit.py` says, with lists that are counted each time."""

    policy: Policy
    state: str = "closed"
    until: float = 0.0
    again: int = -1
    heard: list[tuple[float, bool]] = field(default_factory=list)
    probes: list[object] = field(default_factory=list)
    good: int = 0
    epoch: object = field(default_factory=object)
    depth: float = 0.0
    held: tuple[str, float] | None = None

    def enters(self, now: float) -> tuple[object, bool] | None:
        """The call's epoch and whether it is watched; None if it is refused."""
        if self.held and now >= self.held[1]:
            self.held = None
        if self.held:
            return None if self.held[0] == "open" else (object(), False)
        if self.depth >= 0.9 and self._would_pass(now):
            self.opens(now)
        if not self._would_pass(now):
            return None
        if self.state == "open":
            self.state, self.probes, self.good = "half_open", [], 0
            self.epoch = object()
        if self.state == "half_open":
            self.probes.append(self.epoch)
        return self.epoch, True

    def _would_pass(self, now: float) -> bool:
        if self.state == "open":
            return now >= self.until
        if self.state == "closed":
            return True
        asked = self.good + len(self.probes)
        return asked < self.policy.probes and len(self.probes) < self.good + 1

    def ends(self, epoch: object, bad: bool | None, now: float) -> None:
        if epoch is not self.epoch:
            return
        if self.state == "half_open":
            self._is_probed(bad, now)
        elif bad is not None:
            self._is_heard(bad, now)

    def _is_probed(self, bad: bool | None, now: float) -> None:
        self.probes.pop()
        if bad:
            self.opens(now)
        elif bad is False:
            self.good += 1
            if self.good == self.policy.probes:
                self.state, self.heard = "closed", []
                self.epoch = object()

    def _is_heard(self, bad: bool, now: float) -> None:
        self.heard.append((now, bad))
        judged = self.heard[-self.policy.calls :]
        if self.policy.within_s is not None:
            since = now - self.policy.within_s
            judged = [each for each in self.heard if each[0] > since]
        wrong = sum(each[1] for each in judged)
        if len(judged) < self.policy.calls:
            return
        if wrong * 2 >= len(judged):
            self.opens(now)
        else:
            self.again = -1

    def opens(self, now: float) -> None:
        self.again += 1
        wait = min(self.policy.open_most_s, self.policy.open_s * 2**self.again)
        self.state, self.until, self.heard = "open", now + wait, []
        self.epoch = object()


class BreakerMachine(RuleBasedStateMachine):
    @initialize(
        within_s=st.sampled_from([None, 3.0]),
        calls=st.integers(1, 5),
        probes=st.integers(1, 4),
    )
    def begins(self, within_s, calls, probes):
        policy = Policy(calls, within_s, open_s=5.0, open_most_s=18.0, probes=probes)
        self.clock, self.model = Clock(), Model(policy)
        pool = Source("pool", lambda: self.model.depth)
        self.breaker = Breaker(
            "bank", policy, counts=counts, source=pool, clock=self.clock
        )
        self.inside: list[tuple[Call, object, bool, float]] = []

    @rule(many=st.integers(1, 6))
    def calls_come(self, many):
        for _ in range(many):
            meant = self.model.enters(self.clock.now)
            try:
                call = Call(self.breaker)
            except BreakerOpen:
                assert meant is None
            else:
                assert meant is not None
                self.inside.append((call, *meant, self.clock.now))

    @precondition(lambda self: self.inside)
    @rule(which=st.integers(0, 99), how=st.sampled_from(sorted(FAULTS)))
    def a_call_ends(self, which, how):
        call, epoch, is_watched, begun = self.inside.pop(which % len(self.inside))
        fault = FAULTS[how]
        call.ends(fault() if fault else None)
        bad: bool | None = how == "theirs" or self.clock.now - begun >= 0.6
        if how in {"nobodys", "cancelled"}:
            bad = None
        if is_watched:
            self.model.ends(epoch, bad, self.clock.now)

    @precondition(lambda self: self.inside)
    @rule(how=st.sampled_from(["theirs", "theirs", "none"]))
    def all_calls_end(self, how):
        while self.inside:
            self.a_call_ends(0, how)

    @rule(hows=st.lists(st.sampled_from(["theirs", "none"]), min_size=1, max_size=6))
    def calls_come_and_go(self, hows):
        for how in hows:
            before = len(self.inside)
            self.calls_come(1)
            if len(self.inside) > before:
                self.a_call_ends(before, how)

    @rule(seconds=st.sampled_from([0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0]))
    def time_passes(self, seconds):
        self.clock.now += seconds

    @rule(depth=st.sampled_from([0.0, 0.0, 0.89, 0.9, 1.0]))
    def the_pool_fills(self, depth):
        self.model.depth = depth

    @rule(is_open=st.booleans(), for_s=st.sampled_from([1, 10]))
    def an_operator_holds_it(self, is_open, for_s):
        self.breaker.hold(is_open=is_open, for_s=for_s, by="ops", reason="drill")
        self.model.held = ("open" if is_open else "closed", self.clock.now + for_s)

    @rule()
    def an_operator_lets_go(self):
        self.breaker.let_go("ops")
        self.model.held = None

    @rule()
    def somebody_looks(self):
        self.breaker.watch()

    @invariant()
    def it_is_as_the_model_says(self):
        held = self.model.held
        if held and self.clock.now < held[1]:
            assert self.breaker.state == {"open": "forced_open"}.get(
                held[0], "disabled"
            )
        else:
            assert self.breaker.state == self.model.state

    @invariant()
    def no_more_probes_than_may(self):
        if self.breaker.circuit.state == "half_open":
            now_probing = [
                each for each in self.inside if each[1] is self.model.epoch and each[2]
            ]
            assert len(now_probing) <= self.model.policy.probes


BreakerMachine.TestCase.settings = settings(
    max_examples=200, stateful_step_count=30, deadline=None
)
TestBreaker = BreakerMachine.TestCase
