"""A run of Locust: what can be asked for, the command that asks, and how a run stands."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

SHAPES = {
    "steady": "the same load from the first to the last second",
    "rush": "a rush hour: from a tenth up to the peak and down again",
    "spike": "a fifth, then all at once for a fifth of the time",
    "soak": "steady for a long time, after a short ramp",
    "break": "ten steps up until the SLOs break: finds the knee and prints it",
    "open": "payments are due at a constant rate, however long answers take",
}
"""As `make load` has them; it plans them, so they are not to be had of a running Locust."""

MOST_USERS, MOST_MINUTES = 500, 120
UNDER_WAY = frozenset({"spawning", "running"})
ENDING = frozenset({"stopping", "cleanup"})
IS_MS = 1000.0
WAITED = "response_time_percentile_"


@dataclass(frozen=True, slots=True)
class Load:
    """What somebody wishes."""

    shape: str = "steady"
    users: int = 10
    minutes: int = 3

    @classmethod
    def of(cls, said: Mapping[str, str]) -> "Load | None":
        """As a form says it; None where it makes no sense."""
        users, minutes = said.get("users", ""), said.get("minutes", "")
        if not (users.isdecimal() and minutes.isdecimal() and len(users + minutes) < 9):
            return None
        asked = cls(said.get("shape", ""), int(users), int(minutes))
        fits = 0 < asked.users <= MOST_USERS and 0 < asked.minutes <= MOST_MINUTES
        return asked if fits and asked.shape in SHAPES else None

    @property
    def command(self) -> str:
        """With `web=1` Locust can be watched and stopped from here."""
        size = "rate" if self.shape == "open" else "users"
        return f"make load shape={self.shape} {size}={self.users} minutes={self.minutes} web=1"


@dataclass(frozen=True, slots=True)
class Standing:
    """How Locust stands, as its own page has it."""

    state: str
    users: int = 0
    rate: float = 0.0
    failing: float = 0.0
    """The share of requests that failed, since the run began."""
    half_s: float | None = None
    most_s: float | None = None
    """What half, and 95 of 100, waited less than lately."""

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> "Standing":
        lately = said.get("current_response_time_percentiles") or {}
        return cls(
            str(said.get("state", "ready")),
            int(said.get("user_count") or 0),
            float(said.get("current_rps") or 0.0),
            float(said.get("fail_ratio") or 0.0),
            _seconds(lately.get(f"{WAITED}{0.5}")),
            _seconds(lately.get(f"{WAITED}{0.95}")),
        )

    @property
    def is_under_way(self) -> bool:
        return self.state in UNDER_WAY

    @property
    def can_start(self) -> bool:
        return self.state not in UNDER_WAY | ENDING


def _seconds(ms: float | None) -> float | None:
    return None if ms is None else float(ms) / IS_MS
