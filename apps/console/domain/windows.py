"""A stretch of time that is looked at, and how finely."""

import re
from dataclasses import dataclass
from typing import Self

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
POINTS = 120
"""About so many points stand on a line: more than that nobody sees."""

SCRAPED_S = 10
"""Figures come so often: finer steps show nothing new. As the data source says."""

STEPS = (10, 15, 20, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21_600)


@dataclass(frozen=True, slots=True)
class Window:
    """From start to end, in seconds since 1970."""

    start: float
    end: float

    @classmethod
    def of(cls, since: str, now: float) -> Self:
        """`now-15m`, as boards write it, up to now."""
        return cls(now - seconds(since.removeprefix("now-")), now)

    @property
    def length(self) -> float:
        return self.end - self.start

    @property
    def step(self) -> int:
        wanted = self.length / POINTS
        return next((step for step in STEPS if step >= wanted), STEPS[-1])

    @property
    def rate_s(self) -> int:
        """Grafana's $__rate_interval: four scrapes at least."""
        return max(self.step + SCRAPED_S, 4 * SCRAPED_S)


def seconds(text: str) -> float:
    """How long "15m" is."""
    found = re.fullmatch(r"(\d+)([smhd])", text)
    return int(found[1]) * UNITS[found[2]] if found else 900.0
