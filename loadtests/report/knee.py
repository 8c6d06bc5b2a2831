"""The knee: the highest step of a growing load that kept up."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

from prometheus.slo import Knee

from .reading import Asked, Run, Stage
from .spread import at

FEWEST = 20
"""A step with fewer requests says nothing."""

SETTLES_S = 2.0
"""A step begins to count when its users are there."""


@dataclass(frozen=True, slots=True)
class Step:
    """What became of one step."""

    begin: float
    end: float
    users: int | None
    rate: float | None
    requests: int
    per_second: float
    errors: float
    p99: float
    kept_up: bool

    @property
    def offered(self) -> str:
        if self.rate is not None:
            return f"{self.rate:g}/s"
        return f"{self.users} users"

    def data(self) -> dict[str, Any]:
        return {**asdict(self), "offered": self.offered}


def steps(run: Run, rule: Knee) -> list[Step]:
    """Each step that says something; what a ramp passes through counts alike."""
    ends = [each.at for each in run.stages[1:]] + [run.ended]
    found = zip(run.stages, ends, strict=False)
    return [
        step
        for stage, end in found
        if (step := _step(run.asked, stage, end, rule)).requests >= FEWEST
    ]


def _step(asked: Sequence[Asked], stage: Stage, end: float, rule: Knee) -> Step:
    begin = stage.at + min(SETTLES_S, (end - stage.at) / 4)
    within = [each for each in asked if begin <= each.due < end]
    seconds = max(end - begin, 1e-9)
    errors = sum(each.failed for each in within) / max(1, len(within))
    p99 = at(sorted(each.seconds for each in within), 0.99)
    answered = sum(each.status is not None for each in within)
    kept_up = bool(within) and errors < rule.errors and p99 < rule.p99_s
    return Step(
        stage.at,
        end,
        stage.users,
        stage.rate,
        len(within),
        answered / seconds,
        errors,
        p99,
        kept_up,
    )


def before_the_break(found: Sequence[Step]) -> list[Step]:
    """Up to the first two in a row that did not keep up: one may be an accident."""
    for place, (step, after) in enumerate(pairwise([*found, *found[-1:]])):
        if not step.kept_up and not after.kept_up:
            return [*found[:place]]
    return [*found]


def highest(found: Sequence[Step]) -> Step | None:
    """The step with the most answers, of those before the break that kept up."""
    kept_up = [step for step in before_the_break(found) if step.kept_up]
    return max(kept_up, key=lambda step: step.per_second, default=None)


def knee(found: Sequence[Step]) -> Step | None:
    """The highest step, if there was a break: else the knee lies above."""
    broke = len(before_the_break(found)) < len(found)
    return highest(found) if broke else None


def title(found: Sequence[Step]) -> str:
    """What came of the steps, in half a sentence; nothing where there was but one."""
    best = highest(found)
    if len(found) < 2:
        return ""
    if best is None:
        return "the first step broke already"
    what = "the knee is at" if knee(found) else "no step broke, the highest was"
    return f"{what} {best.offered}, {best.per_second:.1f} requests a second"


def said(rule: Knee) -> str:
    return (
        f"A step kept up if fewer than {rule.errors:.1%} failed and 99 of 100 were "
        f"answered within {rule.p99_s:g} s; two in a row that did not are the break. "
        "The knee is the step before it with the most answers a second."
    )


def judged(run: Run, found: Sequence[Step], rule: Knee) -> list[Asked]:
    """What promises are held against: all, or what came before the break."""
    sound = before_the_break(found)
    if run.shape not in rule.shapes or not sound:
        return run.asked
    return [each for each in run.asked if each.due < sound[-1].end]
