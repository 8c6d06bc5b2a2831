"""Did all of it arrive? The client's count beside what each backend has of the run.

Counts alone can deceive: others may have paid in the same minutes. So some of the run's
own orders are looked up besides: each trace must be whole, and have its line.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from itertools import pairwise
from typing import Any

from loadtests.telemetry.spans import is_kept
from native.backends import by_trace
from native.evidence import orphans, roots

from .expected import Counts, answered, decided, ordered, over
from .reading import Asked, Run
from .sources import Samples, Sources

Count = Callable[[], float]

PATIENCE_S = 15.0
EVERY_S = 1.5
LOOKED_UP = 40
INSIDE = {"gateway", "payments"}
BEFORE_S, AFTER_S = 1.0, 7.0
"""Room around the run: clocks may differ a little, and figures leave each 5 s."""
LOOKED_BACK_S = 300
"""For the last value of a counter before the run."""

DECIDED = "payments_decisions_total"
REQUESTS = (
    "http_server_request_duration_seconds_count"
    '{service_name="gateway", http_route!~"/oauth/.*|/[.]well-known/.*"}'
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


def arrived(sources: Sources, run: Run) -> list[Arrived]:
    """Counts once they are complete, or when patience ends; they come late by seconds."""
    deadline = time.monotonic() + PATIENCE_S
    found = list(_counts(sources, run))
    while any(map(_is_short, found)) and time.monotonic() + EVERY_S < deadline:
        time.sleep(EVERY_S)
        found = list(_counts(sources, run))
    looked_up = list(_looked_up(sources, run))
    if any(map(_is_short, looked_up)):  # a trace grows while it is looked at
        time.sleep(EVERY_S)
        looked_up = list(_looked_up(sources, run))
    return found + looked_up


def _is_short(count: Arrived) -> bool:
    return count.share is not None and count.share < 1


def measured(found: list[Arrived]) -> float | None:
    """The worst of what could be counted."""
    shares = [each.share for each in found if each.share is not None]
    return min(shares, default=None)


def _counts(sources: Sources, run: Run) -> Iterator[Arrived]:
    begin, end = run.started - BEFORE_S, over(run) + AFTER_S
    lines = (
        'sum(count_over_time({service_name="payments"}'
        f' |~ "payment\\\\.(decided|recovered)" [{int(end - begin) + 1}s]))'
    )
    asked: list[tuple[str, str, str, Counts, Count]] = [
        ("payments", "Prometheus", "counter", decided(run),
         lambda: _grown(sources, DECIDED, begin, end)),
        ("payments", "Loki", "log lines", decided(run),
         lambda: sources.lines(lines, end)),
        ("requests", "Prometheus", "histogram", answered(run),
         lambda: _grown(sources, REQUESTS, begin, end)),
    ]  # fmt: skip
    if run.sampled >= 1:
        asked += [
            ("orders taken", "Tempo", "spans", ordered(run),
             lambda: sources.spans(TAKEN, begin, end)),
            ("requests", "Tempo", "spans", answered(run),
             lambda: sources.spans(SERVED, begin, end)),
        ]  # fmt: skip
    for what, name, how, (least, most), count in asked:
        found: float | None = None
        with sources.asked(name) as may:
            found = count() if may else None
        yield Arrived(what, f"{how} ({name})", least, most, found)


def _grown(sources: Sources, series: str, begin: float, end: float) -> float:
    """How much counters grew, to the unit: `increase` would guess beyond the edges."""
    query = f"{series}[{int(end - begin + LOOKED_BACK_S)}s]"
    return sum(growth(each, begin) for each in sources.samples(query, end))


def growth(samples: Samples, begin: float) -> float:
    """Of a process, from its last value before; what falls was restarted, and counts from 0."""
    before = [value for at, value in samples if at <= begin][-1:] or [0.0]
    values = before + [value for at, value in samples if at > begin]
    return sum(now - was if now >= was else now for was, now in pairwise(values))


def _looked_up(sources: Sources, run: Run) -> Iterator[Arrived]:
    """Some of the run's own orders, evenly chosen; whose trace the gateway does not
    trust begins another, but those are no orders."""
    orders = [str(each.trace_id) for each in run.asked if _is_decided(each)]
    kept = _few([trace for trace in orders if is_kept(trace, run.sampled)])
    yield _one_by_one(sources, "Tempo", "whole traces", kept, _whole)
    told = partial(_told, since=int((run.started - BEFORE_S) * 1e9))
    yield _one_by_one(sources, "Loki", "lines", _few(orders), told)


def _few(traces: list[str]) -> list[str]:
    return traces[:: max(1, len(traces) // LOOKED_UP)][:LOOKED_UP]


def _is_decided(each: Asked) -> bool:
    known = each.trace_id and each.response_code
    return each.is_order and each.status == 201 and bool(known)


def _one_by_one(
    sources: Sources,
    name: str,
    where: str,
    chosen: list[str],
    count: Callable[[Sources, list[str]], int],
) -> Arrived:
    found: float | None = None
    with sources.asked(name) as may:
        found = float(count(sources, chosen)) if may else None
    return Arrived("some orders", f"{where} ({name})", len(chosen), len(chosen), found)


def _told(sources: Sources, traces: list[str], *, since: int) -> int:
    """How many orders have a line of their own at payments."""
    lines = sources.loki.lines(by_trace(*traces), since=since) if traces else []
    return len({line.trace for line in lines if line.service == "payments"})


def _whole(sources: Sources, traces: list[str]) -> int:
    """How many have one root, no orphan, and a span of each who must have had a part."""
    return sum(_is_whole(sources, trace) for trace in traces)


def _is_whole(sources: Sources, trace: str) -> bool:
    spans = sources.tempo.trace(trace)
    told = {span.service for span in spans}
    return len(roots(spans)) <= 1 and not orphans(spans) and told >= INSIDE
