"""Locust's side of a shape: how many users there are to be at each tick, and how it went."""

from collections.abc import Mapping
from typing import Any

from locust import LoadTestShape

from loadtests.knee import SETTLES_S, Bearable, Search, Step, percentile, since
from loadtests.plan import Plan
from loadtests.shapes import SHAPES

FASTEST = 100.0
"""Users a second that Locust starts without getting behind."""


class Climb(LoadTestShape):
    """Goes along the plan's shape; one that looks for the knee stops there."""

    plan: Plan = Plan()
    alone: int = 0
    """Users that are there whatever the load, in the open model."""
    bearable: Bearable | None = None

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.shape = SHAPES[self.plan.shape]
        self.level: float | None = None
        self.stages: list[dict[str, float | None]] = []
        self.search = Search(self.bearable) if self.bearable else None
        self.since = 0.0
        self.before: Counted | None = None

    def tick(self) -> tuple[int, float] | None:
        elapsed = self.get_run_time()  # type: ignore[no-untyped-call]
        level = self.shape.due(elapsed, self.plan.seconds)
        if level != self.level:
            self._ends_step(elapsed)
            self.level, self.since = level, elapsed
            if level is not None:
                self.stages.append(self._stage(elapsed, level))
        elif self.before is None and elapsed >= self.since + SETTLES_S:
            self.before = Counted.now(self.runner, elapsed)
        if level is None or (self.search and self.search.is_over):
            return None
        users = self._users(level)
        return users, max(1.0, min(FASTEST, float(users)))

    def found(self) -> Mapping[str, Any]:
        """What is kept of it in run.json."""
        if not self.search:
            return {"stages": self.stages}
        knee = self.search.knee
        return {
            "stages": self.stages,
            "knee": knee and self._stage(0.0, knee.level) | {"p99_s": knee.p99_s},
            "broke": self.search.why,
        }

    def _users(self, level: float) -> int:
        if self.plan.is_open:
            return self.plan.processes + self.alone
        return max(1, round(level * self.plan.users))

    def _stage(self, at: float, level: float) -> dict[str, float | None]:
        rate = self.plan.rate
        due = None if rate is None else round(level * rate, 3)
        return {"at": round(at, 1), "users": self._users(level), "rate": due}

    def _ends_step(self, elapsed: float) -> None:
        if self.search and self.level and self.before:
            now = Counted.now(self.runner, elapsed)
            self.search.add(now.step_since(self.before, self.level))
        self.before = None


class Counted:
    """What Locust counted up to an instant."""

    def __init__(
        self, at: float, answers: int, failures: int, times: Mapping[int, int]
    ):
        self.at, self.answers, self.failures = at, answers, failures
        self.times = dict(times)

    @classmethod
    def now(cls, runner: Any, at: float) -> "Counted":
        all_ = runner.stats.total
        return cls(at, all_.num_requests, all_.num_failures, all_.response_times)

    def step_since(self, before: "Counted", level: float) -> Step:
        return Step(
            level,
            self.at - before.at,
            self.answers - before.answers,
            self.failures - before.failures,
            percentile(since(before.times, self.times), 0.99),
        )
