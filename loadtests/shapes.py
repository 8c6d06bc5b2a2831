"""How load grows and shrinks: the share of its peak at each instant of a run."""

import math
from collections.abc import Callable
from dataclasses import dataclass

LEAST = 0.1
STEPS = 10
"""A run that looks for the knee goes up in so many steps."""

SLICES = 24
"""A curve is gone along in so many."""

RAMP = 0.05


def _steady(_share: float) -> float:
    return 1.0


def _rush(share: float) -> float:
    slice_ = (math.floor(share * SLICES) + 0.5) / SLICES
    return LEAST + (1 - LEAST) * math.sin(math.pi * slice_) ** 2


def _spike(share: float) -> float:
    return 1.0 if 0.4 <= share < 0.6 else 0.2


def _soak(share: float) -> float:
    return 1.0 if share >= RAMP else (math.floor(share / RAMP * 5) + 1) / 5


def _break(share: float) -> float:
    return min(math.floor(share * STEPS) + 1, STEPS) / STEPS


@dataclass(frozen=True, slots=True)
class Shape:
    """`users` and `rate` of a run are its peak; `level` says how much of it is due."""

    name: str
    about: str
    level: Callable[[float], float]
    minutes: float = 1.0
    users: int = 20
    rate: float | None = None
    stops_at_the_knee: bool = False

    def due(self, elapsed: float, seconds: float) -> float | None:
        """How much of the peak is due by now; None when the run is over."""
        if elapsed >= seconds:
            return None
        return round(self.level(max(0.0, elapsed) / seconds), 4)


SHAPES = {
    shape.name: shape
    for shape in (
        Shape(
            "steady",
            "the same load from the first to the last second",
            _steady,
            users=10,
        ),
        Shape(
            "rush",
            "a rush hour: from a tenth up to the peak and down again",
            _rush,
            minutes=3,
        ),
        Shape(
            "spike",
            "a fifth, then all at once for a fifth of the time",
            _spike,
            minutes=3,
        ),
        Shape("soak", "steady for a long time, after a short ramp", _soak, minutes=30),
        Shape(
            "break",
            "ten steps up until the SLOs break: finds the knee and prints it",
            _break,
            minutes=5,
            users=100,
            stops_at_the_knee=True,
        ),
        Shape(
            "open",
            "payments are due at a constant rate, however long answers take",
            _steady,
            minutes=3,
            rate=10.0,
        ),
    )
}
