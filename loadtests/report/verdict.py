"""The verdict: what was promised, what was measured, and whether it holds."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from prometheus.slo import Limit, Slo

from .reading import Asked
from .spread import at

HELD, MISSED = "held", "missed"


@dataclass(frozen=True, slots=True)
class Judged:
    """One promise; without a measure it was not put to the test."""

    name: str
    meaning: str
    limit: Limit
    measured: float | None
    why_not: str = ""

    @property
    def holds(self) -> bool | None:
        return None if self.measured is None else self.limit.holds(self.measured)

    @property
    def title(self) -> str:
        names = {
            "errors": "errors",
            "payment_errors": "errors, orders",
            "wrong": "wrong answers",
            "telemetry": "telemetry that arrived",
        }
        path = f"{self.limit.path} path" if self.limit.path else "all requests"
        return names.get(self.limit.measure) or f"p99, {path}"

    @property
    def promised(self) -> str:
        if self.limit.at_least is not None:
            return f"≥ {self._shown(self.limit.at_least)}"
        limit = self.limit.at_most or 0
        return f"≤ {self._shown(limit)}" if limit else "0"

    @property
    def got(self) -> str:
        return self.why_not if self.measured is None else self._shown(self.measured)

    def _shown(self, value: float) -> str:
        if self.limit.measure.endswith("_s"):
            return f"{1000 * value:.0f} ms"
        digits = 2 if value in {0, 1} or 0.0001 <= value <= 0.9999 else 4
        return f"{100 * value:.{digits}f} %"

    def data(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "title": self.title,
            "meaning": self.meaning,
            "measured": self.measured,
            "got": self.got,
            "promised": self.promised,
            "holds": self.holds,
        }


Measure = Callable[[Sequence[Asked]], float | None]


def judge(
    slos: Iterable[Slo], asked: Sequence[Asked], telemetry: float | None
) -> list[Judged]:
    """Each promise that says what a load run may do."""
    return [
        Judged(slo.name, slo.meaning, slo.load, *_measured(slo.load, asked, telemetry))
        for slo in slos
        if slo.load
    ]


def _measured(
    limit: Limit, asked: Sequence[Asked], telemetry: float | None
) -> tuple[float | None, str]:
    if limit.measure == "telemetry":
        return telemetry, "nobody could say"
    value = MEASURES[limit.measure](
        [each for each in asked if limit.path in {None, each.kind}]
    )
    return value, "nobody asked"


def _share(bad: Callable[[Asked], bool]) -> Measure:
    def measure(asked: Sequence[Asked]) -> float | None:
        return sum(map(bad, asked)) / len(asked) if asked else None

    return measure


def _of_orders(asked: Sequence[Asked]) -> float | None:
    orders = [each for each in asked if each.is_order]
    return _share(lambda each: each.failed)(orders)


def _p99(asked: Sequence[Asked]) -> float | None:
    times = sorted(each.seconds for each in asked)
    return at(times, 0.99) if times else None


MEASURES: Mapping[str, Measure] = {
    "errors": _share(lambda each: each.failed),
    "payment_errors": _of_orders,
    "wrong": _share(lambda each: each.is_wrong),
    "p99_s": _p99,
}


def verdict(judged: Iterable[Judged]) -> str:
    return MISSED if any(each.holds is False for each in judged) else HELD
