"""How much of it arrived: what the client knows of beside what each backend counts."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

from .expected import Counts, answered, decided, ordered, over
from .keeping import DECIDED_AFTER_S, Keeping
from .reading import Run
from .sources import Samples, Sources

Count = Callable[[], float]

BEFORE_S, AFTER_S = 1.0, 7.0
"""Room around the run: clocks may differ a little, and figures leave each 5 s."""
LOOKED_BACK_S = 300
"""For the last value of a counter before the run."""

DECIDED = 'payments_decisions_total{payscope_journey!="probe"}'
"""Who pays by himself to see whether one can is left out of all counts."""
REQUESTS = (
    "http_server_request_duration_seconds_count"
    '{service_name="gateway", http_route!~"/oauth/.*|/[.]well-known/.*",'
    ' payscope_journey!="probe"}'
)
"""Tokens and keys are fetched beside what is asked."""

TAKEN = (
    '{ resource.service.name = "payments" && kind = server'
    ' && name = "POST /payments" && span.http.response.status_code < 300 }'
)
"""Tempo counts servers' spans alone (tempo/config.yaml)."""
SERVED = (
    '{ resource.service.name = "gateway" && kind = server'
    ' && span.url.path =~ "/api/.*" }'
)

_TAKEN = 'service_name="payments", http_response_status_code=~"2.."'
DERIVED = (
    f'traces_spanmetrics_calls_total{{{_TAKEN}, span_name="POST /payments",'
    ' span_kind="SPAN_KIND_SERVER"}'
)
PROBED = (
    f'http_server_request_duration_seconds_count{{{_TAKEN}, payscope_journey="probe",'
    ' http_request_method="POST", http_route="/payments"}'
)
"""Spans are not counted by whose they are: what the probe paid is taken off."""

SAMPLER = "otelcol_processor_tail_sampling_global_count_traces_sampled_total"


@dataclass(frozen=True, slots=True)
class Arrived:
    """One count: what the client knows of, and what a backend has."""

    what: str
    where: str
    expected: int
    at_most: int
    found: float | None
    """None: it did not answer."""

    @property
    def share(self) -> float | None:
        if self.found is None:
            return None
        return min(1.0, self.found / self.expected) if self.expected else 1.0

    @property
    def note(self) -> str:
        if self.found is None:
            return "does not answer"
        if self.found > self.at_most:
            return f"{self.found - self.at_most:.0f} more: others asked, too"
        missing = self.expected - self.found
        return f"{missing:.0f} missing" if missing > 0.5 else "all there"

    def data(self) -> dict[str, Any]:
        return {**asdict(self), "share": self.share, "note": self.note}


def counts(sources: Sources, run: Run, keeping: Keeping) -> Iterator[Arrived]:
    begin, end = run.started - BEFORE_S, over(run) + AFTER_S
    lines = (
        'sum(count_over_time({service_name="payments"} | payscope_journey!="probe"'
        f' |~ "payment\\\\.(decided|recovered)" [{int(end - begin) + 1}s]))'
    )
    asked: list[tuple[str, str, str, Counts, Count]] = [
        ("payments", "Prometheus", "counter", decided(run),
         lambda: grown(sources, DECIDED, begin, end)),
        ("payments", "Loki", "log lines", decided(run),
         lambda: sources.lines(lines, end)),
        ("requests", "Prometheus", "histogram", answered(run),
         lambda: grown(sources, REQUESTS, begin, end)),
    ]  # fmt: skip
    if keeping.is_all:
        asked += [
            ("orders taken", "Tempo", "spans", ordered(run),
             lambda: sources.customers(TAKEN, begin, end)),
            ("requests", "Tempo", "spans", answered(run),
             lambda: sources.customers(SERVED, begin, end)),
        ]  # fmt: skip
    if keeping.at_end:
        asked.append(
            (
                "orders to be kept",
                "Tempo",
                "spans",
                keeping.orders(run),
                lambda: sources.customers(TAKEN, begin, end),
            )
        )
    if keeping.at_end and keeping.share >= 1:
        asked.append(
            (
                "orders taken",
                "Prometheus",
                "span metrics",
                ordered(run),
                lambda: derived(sources, begin, end),
            )
        )
    for what, name, how, (least, most), count in asked:
        found: float | None = None
        with sources.asked(name) as may:
            found = count() if may else None
        yield Arrived(what, f"{how} ({name})", least, most, found)


def derived(sources: Sources, begin: float, end: float) -> float:
    """Orders as the collector counted their spans, each of them, whatever it kept."""
    return grown(sources, DERIVED, begin, end) - grown(sources, PROBED, begin, end)


def grown(sources: Sources, series: str, begin: float, end: float) -> float:
    """How much counters grew, to the unit: `increase` would guess beyond the edges."""
    query = f"{series}[{int(end - begin + LOOKED_BACK_S)}s]"
    return sum(growth(each, begin) for each in sources.samples(query, end))


def keeping(sources: Sources, run: Run) -> Keeping:
    """As run.json says, and as the collector told of itself meanwhile."""
    decided_on = 0.0
    with sources.asked("Prometheus") as may:
        if may:
            end = over(run) + AFTER_S + DECIDED_AFTER_S
            decided_on = grown(sources, SAMPLER, run.started - BEFORE_S, end)
    return Keeping(run.sampled, decided_on > 0)


def growth(samples: Samples, begin: float) -> float:
    """Of a process, from its last value before; what falls was restarted, and counts from 0."""
    before = [value for at, value in samples if at <= begin][-1:] or [0.0]
    values = before + [value for at, value in samples if at > begin]
    return sum(now - was if now >= was else now for was, now in pairwise(values))
