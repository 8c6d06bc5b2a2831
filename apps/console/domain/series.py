"""What Prometheus and Loki say of a figure, as plain values."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

LABEL_VALUES = re.compile(r"label_values\((?:(?P<metric>.+),)?\s*(?P<label>\w+)\s*\)")
LEGEND = re.compile(r"\{\{\s*([\w.]+)\s*\}\}")


@dataclass(frozen=True, slots=True)
class Series:
    """One line: its labels, and points of seconds since 1970 and value."""

    labels: Mapping[str, str]
    points: tuple[tuple[float, float], ...]
    ref: str = ""
    """Which of a panel's queries it answers."""

    def at(self, times: Sequence[float]) -> Self:
        """The same with a point at each of these times: 0 where it was not there."""
        if not times:
            return self
        known = dict(self.points)
        return replace(self, points=tuple((at, known.get(at, 0.0)) for at in times))

    @property
    def last(self) -> float | None:
        return self.points[-1][1] if self.points else None

    def named(self, legend: str) -> str:
        """What it is called: the legend with its labels, or those that it has."""
        if legend and legend != "__auto":
            found = LEGEND.sub(lambda hole: self.labels.get(hole[1], ""), legend)
            return " ".join(found.split()) or "all"
        told = {k: v for k, v in self.labels.items() if k != "__name__"}
        return ", ".join(f"{k}={v}" for k, v in told.items()) or "value"


@dataclass(frozen=True, slots=True)
class Dot:
    """One measurement, and the trace that it was made in."""

    at: float
    value: float
    trace: str
    labels: Mapping[str, str]


def series_of(answer: Mapping[str, Any]) -> list[Series]:
    """Lines of a range query; what is no number is left out."""
    return [
        Series(each["metric"], tuple(_points(each["values"])))
        for each in answer["data"]["result"]
    ]


def vector_of(answer: Mapping[str, Any]) -> list[Series]:
    """Single values of an instant query."""
    found = answer["data"]["result"]
    if answer["data"]["resultType"] == "scalar":
        return [Series({}, tuple(_points([found])))]
    return [Series(each["metric"], tuple(_points([each["value"]]))) for each in found]


def dots_of(answer: Mapping[str, Any]) -> list[Dot]:
    """Exemplars that name a trace."""
    return [
        Dot(float(mark["timestamp"]), float(mark["value"]), trace, each["seriesLabels"])
        for each in answer["data"]
        for mark in each["exemplars"]
        if (trace := mark["labels"].get("trace_id", ""))
    ]


def label_values(question: str) -> tuple[str, str]:
    """Which metric, and which of its labels."""
    found = LABEL_VALUES.fullmatch(question.strip())
    if found is None:
        return "", ""
    return (found["metric"] or "").strip(), found["label"]


def spread(dots: list[Dot], most: int, step: float) -> list[Dot]:
    """The slowest of each moment: no more than can be told apart."""
    kept: dict[int, list[Dot]] = {}
    for dot in sorted(dots, key=lambda dot: -dot.value):
        kept.setdefault(int(dot.at // step), []).append(dot)
    each = max(1, most // max(1, len(kept)))
    return [dot for found in kept.values() for dot in found[:each]]


def _points(pairs: list[Any]) -> list[tuple[float, float]]:
    found = ((float(at), float(value)) for at, value in pairs)
    return [(at, value) for at, value in found if math.isfinite(value)]
