"""What Locust saw, as figures: requests by their result, how long they took, users.

Kept as sums since the process began, as OTLP wants them: what is not sent is not lost.
"""

import time
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from loadtests.telemetry.otlp import attributes

CUMULATIVE = 2

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)
"""The services' bounds, so that the two can be laid over each other."""


@dataclass(frozen=True, slots=True)
class Metric:
    """What the boards need to know of one."""

    name: str
    unit: str
    about: str
    by: tuple[str, ...] = ()

    def with_points(self, **kind: Any) -> dict[str, Any]:
        told = {"name": self.name, "unit": self.unit, "description": self.about}
        return told | kind


REQUESTS = Metric(
    "load.requests",
    "{request}",
    "Requests that Locust made, by what became of them.",
    ("load.step", "load.journey", "load.result"),
)
DURATION = Metric(
    "load.request.duration",
    "s",
    "From a request to its answer, as Locust saw it.",
    ("load.step", "load.journey"),
)
USERS = Metric("load.users", "{user}", "Users that Locust has.")


@dataclass(slots=True)
class Spread:
    """Durations in buckets, and the last trace in each since it was told."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(SECONDS) + 1))
    total: float = 0.0
    exemplars: dict[int, dict[str, Any]] = field(default_factory=dict)

    def add(self, seconds: float, trace: tuple[str, str] | None, at: int) -> None:
        place = bisect_left(SECONDS, seconds)
        self.counts[place] += 1
        self.total += seconds
        if trace:
            trace_id, span_id = trace
            self.exemplars[place] = {
                "timeUnixNano": str(at),
                "asDouble": seconds,
                "traceId": trace_id,
                "spanId": span_id,
            }

    def told(self) -> dict[str, Any]:
        exemplars, self.exemplars = self.exemplars, {}
        return {
            "count": str(sum(self.counts)),
            "sum": self.total,
            "bucketCounts": [str(count) for count in self.counts],
            "explicitBounds": SECONDS,
            "exemplars": list(exemplars.values()),
        }


class Figures:
    """Those of one process."""

    def __init__(self) -> None:
        self.begun = time.time_ns()
        self.requests: Counter[tuple[str, str, str]] = Counter()
        self._durations: dict[tuple[str, str], Spread] = {}

    def seen(
        self,
        step: str,
        journey: str,
        result: str,
        seconds: float,
        trace: tuple[str, str] | None = None,
    ) -> None:
        """One request, answered or not; the trace that it started, if that is kept."""
        self.requests[step, journey, result] += 1
        known = self._durations.get((step, journey))
        if known is None:
            known = self._durations[step, journey] = Spread()
        known.add(seconds, trace, time.time_ns() if trace else 0)

    @property
    def results(self) -> Counter[str]:
        """How often each result was, over all steps."""
        found: Counter[str] = Counter()
        for (_, _, result), count in self.requests.items():
            found[result] += count
        return found

    def told(self, users: int) -> list[dict[str, Any]]:
        """As OTLP's metrics, now."""
        span = {
            "startTimeUnixNano": str(self.begun),
            "timeUnixNano": str(time.time_ns()),
        }
        whole = {"aggregationTemporality": CUMULATIVE}
        counted = [
            {**span, "attributes": _labels(REQUESTS, key), "asInt": str(count)}
            for key, count in self.requests.items()
        ]
        spread = [
            {**span, "attributes": _labels(DURATION, key), **each.told()}
            for key, each in self._durations.items()
        ]
        now = [{**span, "asInt": str(users)}]
        return [
            REQUESTS.with_points(
                sum={**whole, "isMonotonic": True, "dataPoints": counted}
            ),
            DURATION.with_points(histogram={**whole, "dataPoints": spread}),
            USERS.with_points(gauge={"dataPoints": now}),
        ]


def _labels(metric: Metric, values: tuple[str, ...]) -> list[dict[str, Any]]:
    told = dict(zip(metric.by, values, strict=True))
    return attributes({name: value for name, value in told.items() if value})


figures = Figures()
"""This process's own."""
