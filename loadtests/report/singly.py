"""Some payments of a run, one by one: each event one line, each line a span, traces whole.

Counts may hide that one is missing behind one that came twice; this does not.
"""

import time
from collections import Counter
from collections.abc import Container, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from native.backends import by_trace
from native.evidence import LogLine, Span, orphans, roots

from . import completeness
from .counting import BEFORE_S
from .keeping import Keeping
from .lookedup import INSIDE, chosen
from .reading import Run
from .sources import Sources

ANSWERED = {"payment.decided", "payment.recovered", "order.asked_again"}
"""What payments tells of an order, one of them, once."""


@dataclass(frozen=True, slots=True)
class Looked:
    """One payment, and what is wrong with what was told of it."""

    trace: str
    lines: int
    spans: int
    faults: tuple[str, ...]

    def data(self) -> dict[str, Any]:
        return asdict(self)


def looked(sources: Sources, run: Run, keeping: Keeping) -> list[Looked]:
    """Again, while something is missing and patience lasts: it may only be late."""
    deadline = time.monotonic() + completeness.PATIENCE_S
    found = list(_looked(sources, run, keeping))
    while any(each.faults for each in found) and time.monotonic() < deadline:
        time.sleep(completeness.EVERY_S)
        found = list(_looked(sources, run, keeping))
    return found


def _looked(sources: Sources, run: Run, keeping: Keeping) -> Iterator[Looked]:
    orders = chosen(run)
    traces = [str(each.trace_id) for each in orders]
    lines: dict[str, list[LogLine]] = {trace: [] for trace in traces}
    with sources.asked("Loki") as may:
        for line in _lines(sources, run, traces) if may else ():
            lines[line.trace].append(line)
    for order, trace in zip(orders, traces, strict=True):
        spans: list[Span] = []
        with sources.asked("Tempo") as may:
            if may:
                spans = sources.tempo.trace(trace)
        faults = list(_faults(spans, lines[trace], sources.silent))
        if not spans and keeping.must_keep(order) and "Tempo" not in sources.silent:
            faults.append("its trace is missing")
        yield Looked(trace, len(lines[trace]), len(spans), tuple(faults))


def _lines(sources: Sources, run: Run, traces: list[str]) -> list[LogLine]:
    since = int((run.started - BEFORE_S) * 1e9)
    return sources.loki.lines(by_trace(*traces), since=since) if traces else []


def _faults(
    spans: list[Span], lines: list[LogLine], silent: Container[str]
) -> Iterator[str]:
    """Of what could be asked for; a trace that was not kept has no spans to judge."""
    if "Loki" not in silent:
        yield from of_lines(lines)
    if "Tempo" not in silent and spans:
        yield from of_spans(spans)
        if "Loki" not in silent:
            yield from between(spans, lines)


def of_lines(lines: list[LogLine]) -> Iterator[str]:
    answers = sum(line.body in ANSWERED for line in lines)
    if answers != 1:
        yield f"its answer has {answers} lines"
    told = Counter((line.service, line.body, _which(line)) for line in lines)
    for (service, event, _), times in told.items():
        if times > 1:
            yield f"{event} of {service} has {times} lines"


def _which(line: LogLine) -> tuple[str, ...]:
    """What tells one event from another of its name; one span may tell of several."""
    names = ("span_id", "payment_id", "payment_seq", "saga_step", "attempt")
    return tuple(line.facts.get(name, "") for name in names)


def of_spans(spans: list[Span]) -> Iterator[str]:
    if len(roots(spans)) > 1:
        yield f"its trace has {len(roots(spans))} roots"
    for service in sorted({span.service for span in orphans(spans)}):
        yield f"a span of {service} names a parent that is missing"
    if away := INSIDE - {span.service for span in spans}:
        yield f"no span of {', '.join(sorted(away))}"


def between(spans: list[Span], lines: list[LogLine]) -> Iterator[str]:
    """Each line has its span; whoever hears a message tells of it, in that one's span."""
    known = {span.id for span in spans}
    told = {line.facts.get("span_id") for line in lines}
    for line in lines:
        if line.facts.get("span_id") not in known:
            yield f"the span of {line.body} of {line.service} is missing"
    for span in spans:
        if span.kind == "CONSUMER" and not span.failed and span.id not in told:
            yield f"'{span.name}' of {span.service} has no line"
