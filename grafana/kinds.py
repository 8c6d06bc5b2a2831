"""Panels of the rarer kinds: heat map, node graph, tables, bars, text, a trace."""

from grafana_foundation_sdk.builders import (
    bargauge,
    dashboard,
    heatmap,
    nodegraph,
    prometheus,
    table,
    tempo,
    text,
)
from grafana_foundation_sdk.models.common import BarGaugeDisplayMode, VizOrientation
from grafana_foundation_sdk.models.dashboard import DataSourceRef
from grafana_foundation_sdk.models.heatmap import HeatmapColorMode
from grafana_foundation_sdk.models.prometheus import PromQueryFormat
from grafana_foundation_sdk.models.tempo import SearchTableType
from grafana_foundation_sdk.models.text import TextMode

from .house import HEIGHT, PROMETHEUS, QUIET, WIDTH
from .limits import coloured

TEMPO = DataSourceRef(type_val="tempo", uid="tempo")

FOUND = 20
"""Traces in a table."""

BUDGET = ((None, "red"), (0.25, "yellow"), (0.5, "green"))
"""From which share that is left of a budget on it has which colour."""


def heat(title: str, description: str, expr: str) -> heatmap.Panel:
    """How many fell into each bucket, over time; the question is split by `le` alone."""
    colour = heatmap.HeatmapColorOptions().mode(HeatmapColorMode.SCHEME)
    asked = prometheus.Dataquery().expr(expr).legend_format("{{le}}").range()
    return (
        heatmap.Panel()
        .title(title)
        .description(description)
        .datasource(PROMETHEUS)
        .unit("s")
        .calculate(False)
        .y_axis(heatmap.YAxisConfig().unit("s"))
        .color(colour.scheme("Blues").steps(64))
        .no_value(QUIET)
        .span(WIDTH)
        .height(HEIGHT)
        .with_target(asked.format(PromQueryFormat.HEATMAP))
    )


def graph(title: str, description: str) -> nodegraph.Panel:
    """Who calls whom: Tempo's data source asks Prometheus for its service graph."""
    return (
        nodegraph.Panel()
        .title(title)
        .description(description)
        .datasource(TEMPO)
        .unit("short")
        .no_value(QUIET)
        .span(WIDTH)
        .height(2 * HEIGHT)
        .with_target(tempo.TempoQuery().query_type("serviceMap"))
    )


def traces(title: str, description: str, query: str, share: int = 2) -> table.Panel:
    """Traces that TraceQL finds, the newest of them; a click opens one."""
    asked = tempo.TempoQuery().query_type("traceql").query(query).limit(FOUND)
    return (
        table.Panel()
        .title(title)
        .description(description)
        .datasource(TEMPO)
        .unit("short")
        .no_value("None found.")
        .span(WIDTH // share)
        .height(HEIGHT)
        .with_target(asked.table_type(SearchTableType.TRACES))
    )


def trace(title: str, description: str, id_: str) -> dashboard.Panel:
    """The waterfall of one trace."""
    return (
        dashboard.Panel()
        .type("traces")
        .title(title)
        .description(description)
        .datasource(TEMPO)
        .unit("short")
        .no_value(QUIET)
        .span(WIDTH)
        .height(2 * HEIGHT)
        .with_target(tempo.TempoQuery().query_type("traceql").query(id_))
    )


def bars(
    title: str, description: str, asked: dict[str, str], share: int = 2
) -> bargauge.Panel:
    """A bar per question, for the share of a budget that is left."""
    panel = (
        bargauge.Panel()
        .title(title)
        .description(description)
        .datasource(PROMETHEUS)
        .unit("percentunit")
        .min(0)
        .max(1)
        .decimals(1)
        .no_value(QUIET)
        .orientation(VizOrientation.HORIZONTAL)
        .display_mode(BarGaugeDisplayMode.BASIC)
        .thresholds(coloured(*BUDGET))
        .span(WIDTH // share)
        .height(HEIGHT)
    )
    for name, expr in asked.items():
        question = prometheus.Dataquery().expr(expr).legend_format(name).instant()
        panel.with_target(question)
    return panel


def words(title: str, description: str, markdown: str, share: int = 2) -> text.Panel:
    """Text to read: where to go, what a figure means."""
    return (
        text.Panel()
        .title(title)
        .description(description)
        .mode(TextMode.MARKDOWN)
        .content(markdown)
        .span(WIDTH // share)
        .height(HEIGHT)
    )


def listed(
    title: str, description: str, unit: str, expr: str, share: int = 2
) -> table.Panel:
    """Series as rows: each label a column, and the figure as it is now."""
    asked = prometheus.Dataquery().expr(expr).instant()
    return (
        table.Panel()
        .title(title)
        .description(description)
        .datasource(PROMETHEUS)
        .unit(unit)
        .no_value(QUIET)
        .span(WIDTH // share)
        .height(HEIGHT)
        .with_target(asked.format(PromQueryFormat.TABLE))
    )
