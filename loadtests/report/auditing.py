"""All that an audit comes to: is everything there that a load run told?"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from . import completeness, counting, pipeline, singly
from .counting import Arrived
from .keeping import Keeping
from .pipeline import Figure
from .reading import Run
from .singly import Looked
from .sources import Sources

COMPLETE, INCOMPLETE, UNKNOWN = 0, 1, 2
OF = {"traces": "(Tempo)", "logs": "(Loki)", "metrics": "(Prometheus)"}


@dataclass(frozen=True)
class Audit:
    """One run, and how much of what it told is there."""

    run: Run
    keeping: Keeping
    counts: list[Arrived]
    looked: list[Looked]
    pipeline: list[Figure]
    silent: Mapping[str, str] = field(default_factory=dict)

    @property
    def shares(self) -> dict[str, float | None]:
        """By signal, the worst of what could be counted."""
        return {
            signal: completeness.measured(
                [each for each in self.counts if each.where.endswith(where)]
            )
            for signal, where in OF.items()
        }

    @property
    def faulty(self) -> list[Looked]:
        return [each for each in self.looked if each.faults]

    @property
    def losses(self) -> list[Figure]:
        return [each for each in self.pipeline if each.is_loss]

    @property
    def code(self) -> int:
        short = any(share is not None and share < 1 for share in self.shares.values())
        if short or self.faulty or self.losses:
            return INCOMPLETE
        return UNKNOWN if self.silent or not self.run.asked else COMPLETE

    def data(self) -> dict[str, Any]:
        return {
            "run": self.run.run_id,
            "complete": self.code == COMPLETE,
            "signals": self.shares,
            "all_traces": self.keeping.is_all,
            "counts": [each.data() for each in self.counts],
            "payments": [each.data() for each in self.looked],
            "pipeline": [each.data() for each in self.pipeline],
            "silent": dict(self.silent),
        }


def audited(run: Run, urls: Mapping[str, str]) -> Audit:
    with Sources.of(urls) as backends:
        keeping = counting.keeping(backends, run)
        counts = completeness.arrived(backends, run, keeping)
        looked = singly.looked(backends, run, keeping)
        figures = pipeline.figures(backends, run)
        return Audit(run, keeping, counts, looked, figures, dict(backends.silent))
