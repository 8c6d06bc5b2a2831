"""Some of a run's own orders, looked up: each has its line, and its trace is whole."""

from collections.abc import Callable, Iterator
from functools import partial

from native.backends import by_trace
from native.evidence import orphans, roots

from .counting import BEFORE_S, Arrived
from .keeping import Keeping
from .reading import Asked, Run
from .sources import Sources

LOOKED_UP = 40
INSIDE = {"gateway", "payments"}


def looked_up(sources: Sources, run: Run, keeping: Keeping) -> Iterator[Arrived]:
    """Some of the run's own orders; whose trace the gateway does not trust begins
    another, but those are no orders."""
    kept = [str(each.trace_id) for each in chosen(run, keeping.must_keep)]
    yield _one_by_one(sources, "Tempo", "whole traces", kept, _whole)
    told = partial(_told, since=int((run.started - BEFORE_S) * 1e9))
    all_ = [str(each.trace_id) for each in chosen(run)]
    yield _one_by_one(sources, "Loki", "lines", all_, told)


def chosen(run: Run, holds: Callable[[Asked], bool] = lambda _: True) -> list[Asked]:
    """Some of the orders of which that holds, evenly chosen."""
    orders = [each for each in run.asked if _is_decided(each) and holds(each)]
    return orders[:: max(1, len(orders) // LOOKED_UP)][:LOOKED_UP]


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
