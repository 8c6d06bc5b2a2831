"""How long each part of `python -m benchmarks` measures: long, or quickly."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Plan:
    """Durations in seconds, rates in payments/s."""

    quick: bool = False
    warm_s: float = 20.0
    rates: tuple[float, ...] = (10.0, 30.0)
    rate_s: float = 60.0
    first: float = 16.0
    """Where the search for the knee begins."""
    step_s: float = 20.0
    halvings: int = 2
    """How often the step between the last good and the first bad rate is halved."""
    hold_s: float = 90.0
    """How long a little less than the knee is held."""
    locust_minutes: float = 0.5
    visit_s: float = 20.0
    """Telemetry: at a rate, and as long again as fast as it goes, each visit."""
    asked_s: float = 10.0
    """Each service alone."""
    peer_rounds: int = 9
    peer_calls: int = 1500


LONG = Plan()
QUICK = Plan(
    quick=True,
    warm_s=8.0,
    rate_s=20.0,
    step_s=10.0,
    halvings=1,
    hold_s=20.0,
    locust_minutes=0.25,
    visit_s=8.0,
    asked_s=4.0,
    peer_rounds=5,
    peer_calls=600,
)
