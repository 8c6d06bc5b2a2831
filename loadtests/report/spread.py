"""How times are spread: percentiles, buckets, one moment after the other."""

import math
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from .reading import Asked

K = TypeVar("K", bound=Hashable)

SHARES = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99, "p99.9": 0.999}
MOMENTS, EACH = 120, 30
"""A chart over time has so many points at most, and each stands for so many requests
on average: a percentile of fewer jumps."""

STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600)


def at(ordered: Sequence[float], share: float) -> float:
    """The smallest value that this share does not exceed (nearest rank); 0 of none."""
    if not ordered:
        return 0.0
    # 0.07 * 100 is 7.000000000000001, which is not the eighth
    rank = math.ceil(round(share * len(ordered), 9))
    return ordered[min(len(ordered), max(1, rank)) - 1]


@dataclass(frozen=True, slots=True)
class Spread:
    """How long some requests took, in seconds."""

    count: int
    mean: float
    shares: Mapping[str, float]
    longest: float

    @classmethod
    def of(cls, times: Iterable[float]) -> "Spread":
        ordered = sorted(times)
        mean = math.fsum(ordered) / len(ordered) if ordered else 0.0
        shares = {name: at(ordered, share) for name, share in SHARES.items()}
        return cls(len(ordered), mean, shares, ordered[-1] if ordered else 0.0)

    def data(self) -> dict[str, float]:
        return {"count": self.count, "mean": self.mean, **self.shares} | {
            "max": self.longest
        }


def grouped(asked: Iterable[Asked], key: Callable[[Asked], K]) -> dict[K, list[Asked]]:
    found: dict[K, list[Asked]] = defaultdict(list)
    for each in asked:
        found[key(each)].append(each)
    return dict(found)


def width(seconds: float, requests: int) -> int:
    """How many seconds a point of a chart stands for."""
    points = max(1.0, min(MOMENTS, requests / EACH))
    return next((step for step in STEPS if seconds / step <= points), STEPS[-1])


def moments(
    asked: Iterable[Asked], begin: float, end: float, step: int
) -> list[tuple[float, list[Asked]]]:
    """What was due in each step of time; empty steps are there too."""
    steps = max(1, math.ceil((end - begin) / step))
    found: list[list[Asked]] = [[] for _ in range(steps)]
    for each in asked:
        place = int((each.due - begin) // step)
        if 0 <= place < steps:
            found[place].append(each)
    return [(begin + place * step, each) for place, each in enumerate(found)]


def buckets(times: Iterable[float], per_decade: int = 20) -> dict[int, int]:
    """How many fell into each bucket; buckets grow by the same factor."""
    found: dict[int, int] = defaultdict(int)
    for each in times:
        found[bucket(each, per_decade)] += 1
    return dict(found)


def bucket(seconds: float, per_decade: int) -> int:
    return math.floor(math.log10(max(seconds, 1e-6)) * per_decade)


def middle(place: int, per_decade: int) -> float:
    """The time that a bucket stands for: the middle of its bounds, as a factor."""
    return float(10 ** ((place + 0.5) / per_decade))
