"""How long each part of `python -m benchmarks` measures: long, or quickly."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Plan:
    """Durations in seconds, rates in payments/s."""

    quick: bool = False
    warm_s: float = 20.0
    rates: tuple[tuple[float, float], ...] = ((10.0, 60.0), (30.0, 60.0))
    """Payments/s, and for how long; merchants are paid out once in a minute, which is
    part of what a payment costs."""
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

    @property
    def quiet(self) -> float:
        """A rate at which nobody waits for the CPU."""
        return self.rates[0][0]


LONG = Plan()
QUICK = Plan(
    quick=True,
    warm_s=8.0,
    rates=((10.0, 60.0), (30.0, 20.0)),
    step_s=10.0,
    halvings=1,
    hold_s=10.0,
    locust_minutes=0.25,
    visit_s=6.0,
    asked_s=3.0,
    peer_rounds=7,
    peer_calls=1000,
)
