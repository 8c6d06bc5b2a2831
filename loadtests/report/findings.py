"""All that a run comes to, as plain values: what the page and the terminal show."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from prometheus.slo import Promises

from . import completeness, counting, knee, services, verdict
from .counting import Arrived
from .expected import decided
from .knee import Step
from .links import Links, command
from .locating import instance_of
from .reading import PATHS, Asked, Run
from .services import Line, Row
from .sources import Sources
from .spread import Spread, grouped, width
from .verdict import Judged

SLOWEST = 10
MOST_FAILED = 1000
"""So many failures are told one by one; the history has them all."""

BUSY = 0.8
"""A Locust process that uses more of a core than this may itself be what was slow."""


@dataclass(frozen=True)
class Findings:
    """One run, judged."""

    run: Run
    promises: Promises
    judged: list[Judged]
    steps: list[Step]
    arrived: list[Arrived] = field(default_factory=list)
    services: list[Row] = field(default_factory=list)
    over_time: list[Line] = field(default_factory=list)
    links: Links = field(default_factory=Links)
    silent: dict[str, str] = field(default_factory=dict)

    @property
    def verdict(self) -> str:
        if not self.run.asked or self.run.is_dead:
            return verdict.MISSED
        return verdict.verdict(self.judged)

    @property
    def held(self) -> bool:
        return self.verdict == verdict.HELD

    @property
    def knee(self) -> Step | None:
        return knee.knee(self.steps)

    @property
    def per_second(self) -> float:
        return len(self.run.asked) / self.run.seconds

    @property
    def payments(self) -> int:
        return decided(self.run)[0]

    @property
    def steps_of_client(self) -> dict[str, Spread]:
        named = grouped(self.run.asked, lambda each: each.step)
        return {
            name: Spread.of(each.seconds for each in asked)
            for name, asked in sorted(named.items())
        }

    @property
    def paths(self) -> dict[str, Spread]:
        found = grouped(self.run.asked, lambda each: each.kind)
        kinds = [kind for kind in PATHS if kind in found]
        whole = {"all": Spread.of(each.seconds for each in self.run.asked)}
        return {k: Spread.of(each.seconds for each in found[k]) for k in kinds} | whole

    @property
    def served(self) -> Spread:
        """Times from the request on: what an open model's waiting in line is not in."""
        return Spread.of(each.served_s for each in self.run.asked)

    @property
    def reasons(self) -> list[tuple[str, str, str, int]]:
        """Verdict, reason, mode, how often: of orders that were answered."""
        said = Counter(
            (str(each.outcome), each.response_code or "-", each.mode or "-")
            for each in self.run.asked
            if each.is_order and each.outcome
        )
        return [(*what, count) for what, count in said.most_common()]

    @property
    def troubles(self) -> list[tuple[str, int]]:
        return Counter(each.trouble for each in self.bad).most_common()

    @property
    def bad(self) -> list[Asked]:
        return [each for each in self.run.asked if each.is_bad]

    @property
    def share_of_bad(self) -> float:
        return len(self.bad) / max(1, len(self.run.asked))

    @property
    def slowest(self) -> list[Asked]:
        return sorted(self.run.asked, key=lambda each: -each.seconds)[:SLOWEST]

    @property
    def client(self) -> tuple[float, bool] | None:
        """The busiest Locust process's share of a core, and whether that is too much."""
        share = self.run.facts.get("locust_cpu_share")
        return None if share is None else (float(share), float(share) > BUSY)

    def told(self, some: Iterable[Asked]) -> list[dict[str, Any]]:
        """Requests as rows, each with its ways to the trace."""
        return [
            {
                "at": each.due - self.run.started,
                "step": each.step,
                "seconds": each.seconds,
                "status": each.status,
                "what": each.wrong or (each.trouble if each.is_bad else ""),
                "payment_id": each.payment_id,
                "trace_id": each.trace_id,
                "links": self.links.to(each),
                "command": command(each, instance_of(self.run.home)),
            }
            for each in some
        ]

    def data(self) -> dict[str, Any]:
        """report.json."""
        found = self.knee
        return {
            "run": dict(self.run.facts) | {"run_id": self.run.run_id},
            "verdict": self.verdict,
            "dead": self.run.is_dead,
            "slos": [each.data() for each in self.judged],
            "requests": len(self.run.asked),
            "payments": self.payments,
            "per_second": self.per_second,
            "paths": {name: each.data() for name, each in self.paths.items()},
            "steps": {name: each.data() for name, each in self.steps_of_client.items()},
            "served": self.served.data(),
            "verdicts": [dict(zip(WORDS, each, strict=True)) for each in self.reasons],
            "errors": dict(self.troubles),
            "knee": found.data() if found else None,
            "stages": [each.data() for each in self.steps],
            "services": [each.data() for each in self.services],
            "telemetry": [each.data() for each in self.arrived],
            "silent": self.silent,
            "slowest": self.told(self.slowest),
            "failed": self.told(self.bad),
        }


WORDS = ("verdict", "reason", "mode", "count")


def find(
    run: Run,
    promises: Promises,
    sources: Sources | None,
    telemetry: float | None = None,
) -> Findings:
    """Ask whoever can be asked, and judge. A dead stack is judged by nobody."""
    steps = knee.steps(run, promises.knee)
    if sources is None or run.is_dead:
        judged = _judged(run, promises, steps, telemetry)
        return Findings(run, promises, judged, steps)
    arrived = completeness.arrived(sources, run, counting.keeping(sources, run))
    judged = _judged(run, promises, steps, completeness.measured(arrived))
    return Findings(
        run,
        promises,
        judged,
        steps,
        arrived,
        services.view(sources, run),
        services.over_time(sources, run, width(run.seconds, len(run.asked))),
        Links.of(sources),
        sources.silent,
    )


def _judged(
    run: Run, promises: Promises, steps: list[Step], telemetry: float | None
) -> list[Judged]:
    asked = knee.judged(run, steps, promises.knee)
    return verdict.judge(promises.slos, asked, telemetry)
