"""House style: what every panel and board of ours has in common."""

from collections.abc import Mapping, Sequence
from string import ascii_uppercase
from typing import Any

from grafana_foundation_sdk.builders import (
    common,
    dashboard,
    logs,
    loki,
    prometheus,
    stat,
    statetimeline,
    timeseries,
)
from grafana_foundation_sdk.models.common import (
    GraphGradientMode,
    LegendDisplayMode,
    LegendPlacement,
    LogsSortOrder,
    StackingMode,
    TooltipDisplayMode,
    VisibilityMode,
)
from grafana_foundation_sdk.models.dashboard import (
    AnnotationQuery,
    Dashboard,
    DashboardCursorSync,
    DashboardLinkType,
    DataSourceRef,
    Panel,
    RowPanel,
    ValueMap,
    ValueMappingResult,
    VariableOption,
    VariableRefresh,
    VariableSort,
)

from .limits import coloured

PROMETHEUS = DataSourceRef(type_val="prometheus", uid="prometheus")
LOKI = DataSourceRef(type_val="loki", uid="loki")

RUNS = (
    '{service_name="locust"} |~ "^load[.](started|stopped)" | line_format'
    ' "{{ __line__ }} {{ .load_run_id }}'
    "{{ if .load_scenario }}, {{ .load_scenario }}{{ end }}"
    "{{ if .load_users }}, {{ .load_users }} users{{ end }}"
    "{{ if .load_rate }}, {{ .load_rate }}/s{{ end }}"
    "{{ if .load_ok }}: ok {{ .load_ok }}, fail {{ .load_fail }},"
    ' indeterminate {{ .load_indeterminate }}{{ end }}"'
)
"""Lines that tell of load runs; the light traffic goes on without an end, and is none."""

FIRED = (
    '{service_name="backoffice"} |~ "^alert[.]fired" | line_format'
    ' "{{ .alert_name }} {{ .alert_subject }} ({{ .alert_severity }})"'
)
STARTED = (
    '{service_namespace="payscope", payscope_stream="audit"} |~ "^service[.]started"'
    " | line_format"
    ' "{{ .service_instance_id }} started, version {{ .service_version }}"'
)
"""A deployment is seen as that, and so is a process that fell. Every board asks for it: in
the auditors' stream it is found among few lines."""

QUIET = "Nothing yet: make a payment, or run `make load`."

WIDTH = 24
HEIGHT = 8
NEWEST = 200
"""So many log lines stand on a panel: whoever wants more narrows what he asks for."""


def board(uid: str, title: str, description: str) -> dashboard.Dashboard:
    """The last quarter of an hour, fresh every ten seconds, not editable."""
    return (
        dashboard.Dashboard(title)
        .uid(uid)
        .description(description)
        .tags(["payscope"])
        .time("now-15m", "now")
        .refresh("10s")
        .timezone("browser")
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .annotation(mark("Load began", "green", _run("started")))
        .annotation(mark("Load ended", "orange", _run("stopped")))
        .annotation(mark("Alert fired", "red", FIRED))
        .annotation(mark("Service started", "blue", STARTED))
        .readonly()
    )


def _run(event: str) -> str:
    return RUNS.replace("(started|stopped)", event)


class _Mark(AnnotationQuery):
    """Of its log line's labels only these are shown as tags."""

    def to_json(self) -> dict[str, object]:
        return {**super().to_json(), "tagKeys": "load_shape,load_scenario"}


class _Marking(dashboard.AnnotationQuery):
    def __init__(self) -> None:
        self._internal = _Mark()


def mark(name: str, colour: str, lines: str) -> dashboard.AnnotationQuery:
    """A line across every panel where such a log line was told; it says its words."""
    return (
        _Marking()
        .name(name)
        .datasource(LOKI)
        .enable(True)
        .icon_color(colour)
        .expr(lines)
    )


def finished(made: dashboard.Dashboard) -> Dashboard:
    """Panels numbered and queries lettered, in reading order."""
    whole = made.build()
    for number, panel in enumerate(whole.panels or [], start=1):
        panel.id_val = number
        for letter, query in zip(ascii_uppercase, _queries(panel), strict=False):
            query.ref_id = letter
    return whole


def _queries(panel: Panel | RowPanel) -> Sequence[Any]:
    return (panel.targets or []) if isinstance(panel, Panel) else []


def choice(name: str, title: str, query: str) -> dashboard.QueryVariable:
    """A variable filled by Prometheus: all values, or some."""
    return (
        dashboard.QueryVariable(name)
        .label(title)
        .datasource(PROMETHEUS)
        .query(query)
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(VariableSort.ALPHABETICAL_ASC)
        .multi(True)
        .include_all(True)
        .all_value(".*")
        .current(VariableOption(selected=True, text=["All"], value=["$__all"]))
    )


def text(name: str, title: str) -> dashboard.TextBoxVariable:
    """A variable that the reader types."""
    return dashboard.TextBoxVariable(name).label(title).default_value("")


def number(title: str, description: str, unit: str, expr: str) -> stat.Panel:
    """One figure: how it is now."""
    return (
        stat.Panel()
        .title(title)
        .description(description)
        .datasource(PROMETHEUS)
        .unit(unit)
        .decimals(2)
        .no_value(QUIET)
        .span(WIDTH // 4)
        .height(HEIGHT // 2)
        .with_target(_asked(expr, "", instant=True))
    )


def must_be_zero(title: str, description: str, expr: str) -> stat.Panel:
    """Green at 0, red at anything else."""
    panel = number(title, description, "short", expr).decimals(0)
    return panel.thresholds(coloured((None, "green"), (1, "red")))


def lines(
    title: str, description: str, unit: str, *, share: int = 2, stacked: bool = False
) -> timeseries.Panel:
    """Figures over time; `share` panels stand side by side."""
    panel = (
        timeseries.Panel()
        .title(title)
        .description(description)
        .datasource(PROMETHEUS)
        .unit(unit)
        .min(0)
        .no_value(QUIET)
        .span(WIDTH // share)
        .height(HEIGHT)
        .line_width(1.5)
        .fill_opacity(30 if stacked else 8)
        .gradient_mode(GraphGradientMode.NONE)
        .show_points(VisibilityMode.NEVER)
        .legend(_legend())
        .tooltip(common.VizTooltipOptions().mode(TooltipDisplayMode.MULTI))
    )
    if not stacked:
        return panel
    return panel.stacking(common.StackingConfig().mode(StackingMode.NORMAL))


def states(
    title: str, description: str, named: Mapping[int, tuple[str, str]]
) -> statetimeline.Panel:
    """A bar per series, coloured by what its value stands for: name and colour."""
    results = {
        str(value): ValueMappingResult(text=name, color=colour, index=place)
        for place, (value, (name, colour)) in enumerate(named.items())
    }
    return (
        statetimeline.Panel()
        .title(title)
        .description(description)
        .datasource(PROMETHEUS)
        .unit("short")
        .no_value(QUIET)
        .span(WIDTH)
        .height(HEIGHT)
        .mappings([ValueMap(options=results)])
        .show_value(VisibilityMode.AUTO)
        .row_height(0.8)
        .merge_values(True)
        .legend(_legend())
    )


def door(title: str, uid: str) -> dashboard.DashboardLink:
    """A way to another of our boards, at the same time."""
    return (
        dashboard.DashboardLink(title)
        .type(DashboardLinkType.LINK)
        .url(f"/d/{uid}")
        .keep_time(True)
    )


def asked(expr: str, legend: str, *, exemplars: bool = False) -> prometheus.Dataquery:
    """A question over time; with exemplars, dots that lead to a trace."""
    return _asked(expr, legend).exemplar(exemplars)


def counted(expr: str, legend: str) -> loki.Dataquery:
    """A figure computed from log lines."""
    return loki.Dataquery().expr(expr).legend_format(legend).query_type("range")


def lines_of_log(title: str, description: str, expr: str) -> logs.Panel:
    """The lines themselves, newest first."""
    return (
        logs.Panel()
        .title(title)
        .description(description)
        .datasource(LOKI)
        .unit("short")
        .no_value(QUIET)
        .span(WIDTH)
        .height(HEIGHT * 2)
        .show_time(True)
        .enable_log_details(True)
        .wrap_log_message(True)
        .sort_order(LogsSortOrder.DESCENDING)
        .with_target(loki.Dataquery().expr(expr).query_type("range").max_lines(NEWEST))
    )


def _asked(expr: str, legend: str, *, instant: bool = False) -> prometheus.Dataquery:
    query = prometheus.Dataquery().expr(expr).legend_format(legend)
    return query.instant() if instant else query.range()


def _legend() -> common.VizLegendOptions:
    return (
        common.VizLegendOptions()
        .display_mode(LegendDisplayMode.LIST)
        .placement(LegendPlacement.BOTTOM)
        .show_legend(True)
    )
