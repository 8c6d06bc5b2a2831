"""Where a growing load breaks: the last step that kept up, while the run goes on.

The report finds the knee again from the history; here it decides when to stop.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

BROKEN_STEPS = 2
"""In a row, or it was an accident."""

SETTLES_S = 2.0
"""A step begins to count when its users are there."""

TOO_FEW = 20
"""Answers of a step that say nothing."""

Times = Mapping[int, int]
"""How many answers took so many milliseconds."""


@dataclass(frozen=True, slots=True)
class Step:
    """What a step was asked to carry, and how it did."""

    level: float
    seconds: float
    answers: int
    failures: int
    p99_s: float

    @property
    def per_second(self) -> float:
        return self.answers / self.seconds if self.seconds else 0.0


@dataclass(frozen=True, slots=True)
class Bearable:
    """What a step that kept up may do at most."""

    errors: float
    p99_s: float

    def broken(self, step: Step) -> str | None:
        """What broke, if the step says anything."""
        if step.answers < TOO_FEW:
            return None
        if step.failures > self.errors * step.answers:
            return f"{step.failures} of {step.answers} failed"
        if step.p99_s > self.p99_s:
            return f"p99 {step.p99_s * 1000:.0f} ms, above {self.p99_s * 1000:.0f} ms"
        return None


@dataclass
class Search:
    """The steps so far."""

    bearable: Bearable
    steps: list[tuple[Step, str | None]] = field(default_factory=list)

    def add(self, step: Step) -> None:
        self.steps.append((step, self.bearable.broken(step)))

    @property
    def is_over(self) -> bool:
        return len(self._broken) >= BROKEN_STEPS

    @property
    def knee(self) -> Step | None:
        """The last step that kept up; those after it stayed broken."""
        kept = [step for step, why in self.steps if not why]
        return kept[-1] if kept else None

    @property
    def why(self) -> str | None:
        """What broke first and stayed broken."""
        return self._broken[0] if self._broken else None

    @property
    def _broken(self) -> list[str]:
        """The last steps, as far as they broke."""
        broken: list[str] = []
        for _, why in reversed(self.steps):
            if not why:
                break
            broken.insert(0, why)
        return broken


def since(before: Times, now: Times) -> Counter[int]:
    """What was counted in between."""
    return Counter({ms: count - before.get(ms, 0) for ms, count in now.items()})


def percentile(times: Times, share: float) -> float:
    """In seconds; 0 without any."""
    left = share * sum(times.values())
    for ms in sorted(times):
        left -= times[ms]
        if times[ms] and left <= 0:
            return ms / 1000
    return 0.0
