"""How two runs differ, and whether that is more than noise.

Times that follow one another are alike: a slow second is slow for all. So whole stretches
of a run are drawn again and again (a block bootstrap), not single requests, and the
interval of the ratio is as wide as the run itself was restless. What changed between the
runs, a machine that was busier say, it cannot know.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from .findings import Findings
from .reading import Asked, Run
from .spread import Spread, bucket, grouped, middle

BLOCKS = 60
LEAST_S = 1.0
DRAWN = 300
CERTAIN = 0.95
PER_DECADE = 200
"""Buckets 1.2 % apart: nothing that matters is finer."""

FEWEST = 50
"""Of fewer requests nothing is compared."""

SHARES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
LIKE = ("shape", "scenario", "users", "rate", "minutes", "seed", "processes", "machine")
"""What has to be the same for a comparison to be one of stacks."""

Block = Counter[int]


@dataclass(frozen=True, slots=True)
class Ratio:
    """One figure of both, and what lies between them."""

    who: str
    what: str
    before: float
    after: float
    low: float
    high: float

    @property
    def ratio(self) -> float:
        return self.after / self.before if self.before else 1.0

    @property
    def hint(self) -> str:
        if self.low <= 1 <= self.high:
            return "within noise"
        return "slower" if self.ratio > 1 else "faster"

    def data(self) -> dict[str, Any]:
        return {**asdict(self), "ratio": self.ratio, "hint": self.hint}


def ratios(before: Run, after: Run, seed: int = 7) -> list[Ratio]:
    """Each path and each step that both have, at each percentile."""
    chance = random.Random(seed)
    found: list[Ratio] = []
    for key in (lambda _: "all", lambda each: f"{each.kind} path", lambda e: e.step):
        mine, theirs = grouped(before.asked, key), grouped(after.asked, key)
        for who in sorted(mine.keys() & theirs.keys()):
            if min(len(mine[who]), len(theirs[who])) >= FEWEST:
                found += _of(who, (before, mine[who]), (after, theirs[who]), chance)
    return found


def _of(
    who: str,
    before: tuple[Run, list[Asked]],
    after: tuple[Run, list[Asked]],
    chance: random.Random,
) -> Iterable[Ratio]:
    old, new = (_redrawn(*side, chance) for side in (before, after))
    spreads = [Spread.of(e.seconds for e in side[1]) for side in (before, after)]
    for what in SHARES:
        one, other = (each.shares[what] for each in spreads)
        drawn = sorted(b[what] / a[what] for a, b in zip(old, new, strict=True))
        edge = int((1 - CERTAIN) / 2 * len(drawn))
        yield Ratio(who, what, one, other, drawn[edge], drawn[-1 - edge])


def _redrawn(
    run: Run, asked: Sequence[Asked], chance: random.Random
) -> list[dict[str, float]]:
    """Percentiles of as many runs as might have been."""
    blocks = _blocks(run, asked)
    return [_percentiles(chance.choices(blocks, k=len(blocks))) for _ in range(DRAWN)]


def _blocks(run: Run, asked: Sequence[Asked]) -> list[Block]:
    length = max(LEAST_S, run.seconds / BLOCKS)
    found = grouped(asked, lambda each: int((each.due - run.started) / length))
    return [
        Counter(bucket(e.seconds, PER_DECADE) for e in each) for each in found.values()
    ]


def _percentiles(blocks: Iterable[Block]) -> dict[str, float]:
    whole: Block = Counter()
    for each in blocks:
        whole.update(each)
    total, passed, found = whole.total(), 0, dict[str, float]()
    wanted = list(SHARES.items())
    for place in sorted(whole):
        passed += whole[place]
        while wanted and passed >= wanted[0][1] * total:
            found[wanted.pop(0)[0]] = middle(place, PER_DECADE)
    return found


@dataclass(frozen=True)
class Comparison:
    """Two runs side by side."""

    before: Findings
    after: Findings
    ratios: list[Ratio]

    @classmethod
    def of(cls, before: Findings, after: Findings) -> "Comparison":
        return cls(before, after, ratios(before.run, after.run))

    @property
    def unlike(self) -> list[str]:
        """Where they are no repetition of one another."""
        one, other = self.before.run.facts, self.after.run.facts
        return [
            f"{name}: {one.get(name)} and {other.get(name)}"
            for name in LIKE
            if one.get(name) != other.get(name)
        ]

    @property
    def promises(self) -> list[tuple[str, str, str, str, str]]:
        """Promise, limit, measured in each, and whether that changed the verdict."""
        theirs = {each.name: each for each in self.after.judged}
        return [
            (
                mine.title,
                mine.promised,
                mine.got,
                other.got,
                _change(mine.holds, other.holds),
            )
            for mine in self.before.judged
            if (other := theirs.get(mine.name))
        ]

    @property
    def figures(self) -> list[tuple[str, float, float]]:
        """What has no interval: how much was done, and how much went wrong."""
        rows: dict[str, Callable[[Findings], float]] = {
            "requests a second": lambda each: each.per_second,
            "payments a second": lambda each: each.payments / each.run.seconds,
            "bad answers, in 100": lambda each: each.share_of_bad * 100,
        }
        return [(name, of(self.before), of(self.after)) for name, of in rows.items()]

    def data(self) -> dict[str, Any]:
        """compare.json."""
        return {
            "before": self.before.run.run_id,
            "after": self.after.run.run_id,
            "unlike": self.unlike,
            "ratios": [each.data() for each in self.ratios],
            "promises": [list(each) for each in self.promises],
            "figures": [list(each) for each in self.figures],
        }


def _change(before: bool | None, after: bool | None) -> str:
    if before == after:
        return ""
    words = {None: "not judged", True: "held", False: "missed"}
    return f"{words[before]} → {words[after]}"
