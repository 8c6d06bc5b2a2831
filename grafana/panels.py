"""Panels made from one signal each: how often, how long, how much."""

from collections.abc import Callable, Mapping, Sequence

from grafana_foundation_sdk.builders import (
    bargauge,
    dashboard,
    heatmap,
    logs,
    nodegraph,
    stat,
    statetimeline,
    table,
    text,
    timeseries,
)
from grafana_foundation_sdk.builders.dashboard import Row
from grafana_foundation_sdk.models.dashboard import Dashboard

from apps.kit.signals import Counter, Gauge, Histogram

from . import house
from .house import asked, lines
from .promql import legend, per_second, quantile, worst
from .promql import share as portion_of

Panel = (
    stat.Panel
    | statetimeline.Panel
    | timeseries.Panel
    | logs.Panel
    | bargauge.Panel
    | heatmap.Panel
    | nodegraph.Panel
    | table.Panel
    | text.Panel
    | dashboard.Panel
)
Rows = Mapping[str, Sequence[Callable[[], Panel]]]

NOWHERE: Mapping[str, str] = {}
QUANTILES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}


def drawn(
    uid: str, title: str, about: str, rows: Rows, doors: Mapping[str, str] = NOWHERE
) -> Dashboard:
    """A board of titled rows, read from top to bottom; doors lead to other boards."""
    made = house.board(uid, title, about)
    for name, where in doors.items():
        made.link(house.door(name, where))
    for name, panels in rows.items():
        made.with_row(Row(name))
        for panel in panels:
            made.with_panel(panel())
    return house.finished(made)


def rates(
    title: str,
    about: str,
    signal: Counter | Histogram,
    *by: str,
    unit: str = "eps",
    share: int = 2,
    where: str = "",
) -> Panel:
    """How often, stacked by what the signal is split by."""
    panel = lines(title, about, unit, share=share, stacked=True)
    expr = per_second(signal, *by, where=where)
    return panel.with_target(asked(expr, legend(*by) or title))


def others(
    title: str,
    about: str,
    unit: str,
    asking: Mapping[str, str],
    *,
    share: int = 2,
    stacked: bool = False,
    none: str = "",
) -> Panel:
    """Series that no signal of ours declares: what each is called, and how it is asked for."""
    panel = lines(title, about, unit, share=share, stacked=stacked)
    for name, expr in asking.items():
        panel.with_target(asked(expr, name))
    return panel.no_value(none) if none else panel


def seldom(
    title: str,
    about: str,
    signal: Counter,
    *by: str,
    unit: str = "eps",
    share: int = 2,
    where: str = "",
) -> Panel:
    """How often something happens that may never: then its panel says so."""
    panel = rates(title, about, signal, *by, unit=unit, share=share, where=where)
    return panel.no_value("Never.")


def without(words: str, panel: Callable[[], Panel]) -> Panel:
    """The same panel, which says in these words why it has nothing to show."""
    return panel().no_value(words)


def spread(
    title: str, about: str, signal: Histogram, *, where: str = "", share: int = 2
) -> Panel:
    """How long it took most, and the slowest; a dot leads to its trace."""
    panel = lines(title, about, "s", share=share)
    for name, part in QUANTILES.items():
        expr = quantile(part, signal, where=where)
        panel.with_target(asked(expr, name, exemplars=True))
    return panel


def slowest(title: str, about: str, signal: Histogram, *by: str) -> Panel:
    """The p95 of the ten that have the highest."""
    panel = lines(title, about, "s")
    expr = f"topk(10, {quantile(0.95, signal, *by)})"
    return panel.with_target(asked(expr, legend(*by)))


def levels(
    title: str,
    about: str,
    gauge: Gauge,
    *by: str,
    unit: str = "short",
    share: int = 2,
    scale: float = 1,
) -> Panel:
    """How much there is; replicas measure the same, so the highest of them counts."""
    expr = worst(gauge, *by) if scale == 1 else f"{worst(gauge, *by)} / {scale:g}"
    panel = lines(title, about, unit, share=share)
    return panel.with_target(asked(expr, legend(*by) or title))


def states(
    title: str,
    about: str,
    gauge: Gauge,
    *by: str,
    named: Mapping[int, tuple[str, str]],
) -> Panel:
    """Which state each is in: a bar over time, coloured by the value's meaning."""
    panel = house.states(title, about, named)
    return panel.with_target(asked(worst(gauge, *by), legend(*by)))


def portion(
    title: str,
    about: str,
    signal: Counter | Histogram,
    *,
    where: str,
    share: int = 2,
) -> Panel:
    """How large a part of all is the one that `where` chooses."""
    part, whole = per_second(signal, where=where), per_second(signal)
    panel = lines(title, about, "percentunit", share=share)
    return panel.with_target(asked(portion_of(part, whole), title))


def ages(title: str, about: str, gauge: Gauge, *by: str, share: int = 2) -> Panel:
    """How long ago; a replica that got it done later speaks for all."""
    panel = lines(title, about, "s", share=share)
    return panel.with_target(asked(f"time() - {worst(gauge, *by)}", legend(*by)))


def none_of(title: str, about: str, gauge: Gauge) -> Panel:
    """A figure that must be 0: anything else is red."""
    return house.must_be_zero(title, about, f"sum({gauge.promql})")
