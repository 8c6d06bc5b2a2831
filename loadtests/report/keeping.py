"""Which of a run's traces must be in Tempo: where not all are kept, those that are sure to be.

A collector that samples keeps more than these (what failed, what was slow), so there may be
more of them, but none less. Metrics and lines are not sampled.
"""

from dataclasses import dataclass

from loadtests.telemetry.spans import is_kept

from .expected import Counts, ordered
from .reading import Asked, Run

DICE = "e6666666666666"
"""From here on a TraceID's random part is kept: one in ten (otel-collector/sampled.yaml)."""

DECIDED_AFTER_S = 10.0
"""From a trace's first span on."""


@dataclass(frozen=True, slots=True)
class Keeping:
    share: float = 1.0
    """Of the requests whose traces the client began as some to be kept."""
    at_end: bool = False
    """The collector decides on each trace when it is over."""

    @property
    def is_all(self) -> bool:
        return self.share >= 1 and not self.at_end

    @property
    def later_s(self) -> float:
        """How much later a trace is there."""
        return DECIDED_AFTER_S * self.at_end

    def must_keep(self, order: Asked) -> bool:
        """The id has it so, or it was decided in the bank's stead."""
        trace = order.trace_id or ""
        if not trace or not is_kept(trace, self.share):
            return False
        return not self.at_end or trace[18:] >= DICE or order.mode == "FALLBACK"

    def orders(self, run: Run) -> Counts:
        """At least, and at most: what failed or was slow is kept besides."""
        known = [each for each in run.asked if each.is_order and each.status == 201]
        return sum(map(self.must_keep, known)), ordered(run)[1]
