"""The services' own view of the run, asked of Prometheus: it stands beside the client's."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from .reading import Run
from .sources import Sources

SERVER = "http_server_request_duration_seconds"
SHOWN = ("gateway", "payments")

LATE_S = 6.0
"""Figures leave a service every five seconds; the last of the run are there by then."""


@dataclass(frozen=True, slots=True)
class Row:
    """One figure about one service or part."""

    about: str
    who: str
    value: float
    unit: str

    @property
    def text(self) -> str:
        if self.unit == "s":
            return f"{1000 * self.value:.1f} ms"
        if self.unit == "share":
            return f"{self.value:.2%}"
        if self.unit == "cores":
            return f"{self.value:.2f} cores"
        digits = 1 if self.unit else 0
        return f"{self.value:,.{digits}f}{self.unit}"

    def data(self) -> dict[str, Any]:
        return {**asdict(self), "text": self.text}


@dataclass(frozen=True, slots=True)
class Line:
    """A figure over time: seconds since 1970, and values."""

    about: str
    times: list[float]
    values: list[float]


def queries(window: str) -> Iterator[tuple[str, str, str, str]]:
    """What is asked: about, PromQL, unit, and the label that says of whom."""
    who = "service_name"
    ours = f'service_name=~"{"|".join(SHOWN)}"'
    rate = f"sum by ({who}) (rate({SERVER}_count{{{ours}}}[{window}]))"
    yield "requests", rate, "/s", who
    for name, share in {"p50": 0.5, "p95": 0.95, "p99": 0.99}.items():
        spread = f"sum by (le, {who}) (rate({SERVER}_bucket{{{ours}}}[{window}]))"
        yield name, f"histogram_quantile({share}, {spread})", "s", who
    failing = f'{SERVER}_count{{{ours}, http_response_status_code=~"5.."}}'
    bad = f"sum by ({who}) (rate({failing}[{window}]))"
    yield "5xx", f"({bad} or 0 * {rate}) / {rate}", "share", who
    yield (
        "in flight, at most",
        f"sum by ({who}) (max_over_time(shedding_in_flight[{window}]))",
        "",
        who,
    )
    yield (
        "turned away (503)",
        f"sum by ({who}) (increase(shedding_refused_total[{window}])) > 0",
        "",
        who,
    )
    yield (
        "breaker opened",
        f'sum by (breaker_name) (increase(breaker_transitions_total{{breaker_to="open"}}[{window}])) > 0',
        "",
        "breaker_name",
    )
    yield (
        "event loop late, p99",
        f"histogram_quantile(0.99, sum by (le, {who}) (rate(loop_lag_seconds_bucket[{window}])))",
        "s",
        who,
    )
    for name in ("process_cpu_time_seconds_total", "process_cpu_seconds_total"):
        yield "CPU", f"sum by ({who}) (rate({name}[{window}]))", "cores", who


def view(sources: Sources, run: Run) -> list[Row]:
    """Every figure that there is, over the whole run."""
    found: list[Row] = []
    when = run.ended + LATE_S
    for about, query, unit, label in queries(f"{int(run.seconds + LATE_S) + 1}s"):
        with sources.asked("Prometheus") as may:
            if may:
                rows = sources.figures(query, when)
                found += [
                    Row(about, _name(labels, label), value, unit)
                    for labels, value in rows
                ]
    return found


def _name(labels: Mapping[str, str], label: str) -> str:
    return labels.get(label) or "all"


def over_time(sources: Sources, run: Run, step: int) -> list[Line]:
    """The gateway's own p99 and rate, to lay over the client's."""
    window = max(15, 2 * step)
    gateway = 'service_name="gateway"'
    asked = {
        "gateway's p99": f"histogram_quantile(0.99, sum by (le) (rate({SERVER}_bucket{{{gateway}}}[{window}s])))",
        "gateway's rate": f"sum(rate({SERVER}_count{{{gateway}}}[{window}s]))",
    }
    found: list[Line] = []
    for about, query in asked.items():
        with sources.asked("Prometheus") as may:
            for series in (
                sources.series(query, run.started, run.ended, max(5, step))
                if may
                else ()
            ):
                pairs = [(float(t), float(v)) for t, v in series["values"]]
                kept = [pair for pair in pairs if pair[1] == pair[1]]
                times = [t - window / 2 for t, _ in kept]  # a rate is about its window
                found.append(Line(about, times, [v for _, v in kept]))
    return found
