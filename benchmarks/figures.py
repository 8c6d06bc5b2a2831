"""The arithmetic of benchmarks: shares of sorted times, lines through samples."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

SHARES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}


def at(values: Sequence[float], share: float) -> float:
    """The smallest of the values that so large a share of them does not exceed."""
    ordered = sorted(values)
    if not ordered:
        return 0.0
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def percentiles(values: Sequence[float]) -> dict[str, float]:
    ordered = sorted(values)
    return {name: at(ordered, share) for name, share in SHARES.items()}


@dataclass(frozen=True, slots=True)
class Line:
    """The straight line that is nearest to the samples."""

    start: float
    slope: float
    """Per unit of x."""

    def at(self, x: float) -> float:
        return self.start + self.slope * x


def fitted(xs: Sequence[float], ys: Sequence[float]) -> Line:
    """Least squares; level where all samples are of one instant."""
    if not xs:
        return Line(0.0, 0.0)
    middle_x, middle_y = fmean(xs), fmean(ys)
    spread = sum((x - middle_x) ** 2 for x in xs)
    if not spread:
        return Line(middle_y, 0.0)
    pairs = zip(xs, ys, strict=True)
    slope = sum((x - middle_x) * (y - middle_y) for x, y in pairs) / spread
    return Line(middle_y - slope * middle_x, slope)


def grown(values: Sequence[float]) -> float:
    """By what share the mean of the last tenth exceeds that of the first."""
    if not values:
        return 0.0
    tenth = max(1, len(values) // 10)
    first, last = fmean(values[:tenth]), fmean(values[-tenth:])
    return last / first - 1 if first else 0.0
