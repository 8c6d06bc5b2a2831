"""Boards draw signals that exist, and provisioning says what Grafana documents."""

import importlib
import json
import pkgutil
import re
import subprocess

import jsonschema
import pytest
import yaml

import apps
from apps.kit.instruments import Counter, Gauge, Histogram
from grafana import build
from grafana.boards import alerts
from grafana.promql import Unknown, worst
from loadtests.telemetry import figures, runs
from native.builds import program
from native.paths import ROOT

from .provisioning import DATASOURCES, PROVIDERS

UIDS = {
    "home": "payscope-home",
    "payments": "payscope-payments",
    "payment": "payscope-payment",
    "services": "payscope-services",
    "map": "payscope-map",
    "slos": "payscope-slos",
    "later": "payscope-later",
    "books": "payscope-books",
    "merchants": "payscope-merchants",
    "messages": "payscope-messages",
    "inside": "payscope-inside",
    "resilience": "payscope-resilience",
    "alerts": "payscope-alerts",
    "runtime": "payscope-runtime",
    "pipeline": "payscope-pipeline",
    "load": "payscope-load",
}
"""A bookmark, a link in a runbook: a uid never changes."""

RUNBOOKS = {
    page.stem: f"{alerts.RUNBOOKS}/{page.stem}"
    for page in (ROOT / "docs/runbooks").glob("*.md")
}

PROVISIONING = ROOT / "grafana" / "provisioning"
BOARDS = {path.stem: json.loads(path.read_text()) for path in build.HERE.glob("*.json")}
PANELS = [
    pytest.param(panel, id=f"{name}-{panel['title']}")
    for name, board in BOARDS.items()
    for panel in board["panels"]
    if panel["type"] not in {"row", "text"}
]
TEXTS = [
    pytest.param(panel, id=f"{name}-{panel['title']}")
    for name, board in BOARDS.items()
    for panel in board["panels"]
    if panel["type"] == "text"
]
FILLED = {"$__rate_interval": "1m", "$__auto": "1m", "$service": ".*", "$trace": ""}


def provisioned(path):
    return yaml.safe_load((PROVISIONING / path).read_text())


def sources():
    return {
        each["uid"]: each
        for each in provisioned("datasources/datasources.yaml")["datasources"]
    }


def texts(value):
    if isinstance(value, dict):
        return [text for each in value.values() for text in texts(each)]
    if isinstance(value, list):
        return [text for each in value for text in texts(each)]
    return [value] if isinstance(value, str) else []


def asked(kind):
    return [
        target["expr"]
        for parameter in PANELS
        for panel in parameter.values
        if panel["datasource"]["type"] == kind
        for target in panel["targets"]
    ]


def declared():
    """Every metric that any of our modules makes, by name."""
    modules = [
        importlib.import_module(found.name)
        for found in pkgutil.walk_packages(apps.__path__, "apps.")
        if not found.name.endswith("__main__")
    ]
    modules.append(importlib.import_module("grafana.boards.load"))
    return {
        value.name: value
        for module in modules
        for value in vars(module).values()
        if isinstance(value, Counter | Gauge | Histogram)
    }


METRICS = declared()


def filled(expr):
    for name, value in FILLED.items():
        expr = expr.replace(name, value)
    return expr


def test_committed_boards_are_what_the_code_builds():
    assert build.stale() == []


def test_boards_keep_their_uids():
    assert {name: board["uid"] for name, board in BOARDS.items()} == UIDS


def test_panels_and_queries_can_be_told_apart():
    for board in BOARDS.values():
        ids = [panel["id"] for panel in board["panels"]]
        assert len(set(ids)) == len(ids)
        for panel in board["panels"]:
            letters = [target["refId"] for target in panel.get("targets", [])]
            assert len(set(letters)) == len(letters)
            assert all(letters)


@pytest.mark.parametrize("panel", PANELS)
def test_a_panel_says_what_it_shows_in_which_unit_and_from_where(panel):
    assert panel["description"].endswith(".")
    assert "\n" not in panel["description"]
    assert panel["fieldConfig"]["defaults"]["unit"]
    assert panel["fieldConfig"]["defaults"]["noValue"]
    assert sources()[panel["datasource"]["uid"]]["type"] == panel["datasource"]["type"]
    assert panel["targets"]


@pytest.mark.parametrize("panel", TEXTS)
def test_a_text_leads_to_boards_that_are_there(panel):
    known = {f"/d/{uid}" for uid in UIDS.values()} | {*RUNBOOKS.values()}

    assert panel["description"].endswith(".")
    assert {*re.findall(r"]\((.+?)\)", panel["options"]["content"])} <= known


def test_the_home_board_leads_to_every_other():
    said = next(each for each in TEXTS if each.id.startswith("home")).values[0]
    there = {*re.findall(r"/d/([\w-]+)", said["options"]["content"])}

    assert there == {*UIDS.values()} - {UIDS["home"]}


def test_the_board_of_alerts_leads_to_every_runbook():
    said = next(each for each in TEXTS if each.id == "alerts-Runbooks").values[0]

    assert {*re.findall(r"]\((.+?)\)", said["options"]["content"])} == {
        *RUNBOOKS.values()
    }


@pytest.mark.parametrize(
    ("board", "title", "limit"),
    [
        ("home", "Answered", ("red", 0.999, "green")),
        ("home", "Slowest", ("green", 0.25, "red")),
        ("home", "Waits", ("green", 0.25, "red")),
        ("services", "Errors", ("green", 0.001, "red")),
        ("services", "Duration", ("green", 0.25, "red")),
        ("services", "Quantiles", ("green", 0.25, "red")),
        ("payments", "Gateway p99", ("green", 0.25, "red")),
    ],
)
def test_a_figure_turns_red_where_the_promise_is_broken(board, title, limit):
    panel = next(each for each in BOARDS[board]["panels"] if each["title"] == title)
    least, other = panel["fieldConfig"]["defaults"]["thresholds"]["steps"]

    assert least.get("value") is None
    assert (least["color"], other["value"], other["color"]) == limit


@pytest.mark.parametrize("name", sorted(METRICS))
def test_every_metric_is_drawn(name):
    series = re.compile(rf"\b{METRICS[name].promql}(_bucket|_count|_sum)?\b")

    assert any(series.search(expr) for expr in asked("prometheus")), (
        f"{name} is on no board: grafana/boards"
    )


def test_a_board_asks_a_gauge_for_no_label_that_it_does_not_have():
    gauge = METRICS["payments.saga.due"]

    assert worst(gauge, "saga.step") == "max by (saga_step) (payments_saga_due)"
    with pytest.raises(Unknown):
        worst(gauge, "payment.id")


def test_what_must_be_0_is_red_when_it_is_not():
    stats = {
        panel["title"]: panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
        for panel in BOARDS["books"]["panels"]
        if panel["type"] == "stat"
    }

    assert set(stats) == {"Ledger out of balance", "Violations"}
    for steps in stats.values():
        colours = [(step.get("value"), step["color"]) for step in steps]
        assert colours == [(None, "green"), (1, "red")]


def test_every_promql_parses(tmp_path):
    exprs = [*asked("prometheus"), *metric_links()]
    rules = [
        {"record": f"panel:{number}", "expr": filled(expr)}
        for number, expr in enumerate(exprs)
    ]
    file = tmp_path / "panels.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))

    told = subprocess.run(
        [program("promtool"), "check", "rules", file],
        capture_output=True,
        text=True,
        check=False,
    )

    assert told.returncode == 0, told.stdout + told.stderr


def metric_links():
    """The queries behind `trace to metrics`, as Grafana fills them in."""
    links = sources()["tempo"]["jsonData"]["tracesToMetrics"]["queries"]
    return [expanded(link["query"]).replace("$__tags", 'a="b"') for link in links]


@pytest.mark.parametrize("expr", asked("loki"))
def test_logs_are_chosen_by_index_labels_and_filtered_by_the_rest(expr):
    selector = re.search(r"\{([^}]*)\}", filled(expr))
    labels = set(re.findall(r"(\w+)=", selector[1]))
    config = yaml.safe_load((ROOT / "loki/config.yaml").read_text())
    otlp = config["distributor"]["otlp_config"]
    indexed = otlp["default_resource_attributes_as_index_labels"]

    assert labels <= {name.replace(".", "_") for name in indexed}


@pytest.mark.parametrize("name", sorted(BOARDS))
def test_every_board_marks_load_runs_alerts_and_starts(name):
    marks = {each["name"]: each for each in BOARDS[name]["annotations"]["list"]}

    assert set(marks) == {"Load began", "Load ended", "Alert fired", "Service started"}
    for mark, event in (("Load began", runs.STARTED), ("Load ended", runs.STOPPED)):
        (line,) = re.findall(r'\|~ "([^"]*)"', marks[mark]["expr"])
        assert re.search(line, event)
        assert marks[mark]["expr"].startswith('{service_name="locust"}')
    for each in marks.values():
        assert each["datasource"]["uid"] == "loki"
        assert each["enable"]


def test_the_load_is_drawn_by_the_names_that_it_tells():
    for told in (figures.REQUESTS, figures.DURATION, figures.USERS):
        assert METRICS[told.name].by == told.by
        assert METRICS[told.name].unit == told.unit


def test_windows_follow_the_zoom():
    windows = [re.findall(r"\[([^]]+)\]", expr) for expr in asked("prometheus")]

    assert {each for found in windows for each in found} == {"$__rate_interval"}


@pytest.mark.parametrize(
    ("file", "schema"),
    [
        ("datasources/datasources.yaml", DATASOURCES),
        ("dashboards/dashboards.yaml", PROVIDERS),
    ],
)
def test_provisioning_has_only_documented_keys(file, schema):
    jsonschema.validate(provisioned(file), schema)


def test_every_way_between_signals_leads_to_a_source():
    text = json.dumps(list(sources().values()))

    assert set(re.findall(r'"datasourceUid": "(\w+)"', text)) == set(sources())


def expanded(value):
    """What Grafana makes of it: $$ is a dollar, $NAME comes from the environment."""
    marked = value.replace("$$", "\0")
    filled = re.sub(r"\$\{?([A-Z_]+)\}?", "http://x", marked)
    assert "$" not in filled, f"{value}: a lone dollar is taken for a variable"
    return filled.replace("\0", "$")


def test_dollars_of_ours_are_written_twice():
    for text in texts(list(sources().values())):
        expanded(text)
    tempo, loki = (sources()[name]["jsonData"] for name in ("tempo", "loki"))

    link = expanded(tempo["tracesToLogsV2"]["query"])
    assert link == '{${__tags}} | trace_id = "${__trace.traceId}"'
    assert expanded(loki["derivedFields"][0]["url"]) == "${__value.raw}"
    assert {each["matcherType"] for each in loki["derivedFields"]} == {"label"}


def test_a_line_leads_to_boards_that_are_there():
    for field in sources()["loki"]["jsonData"]["derivedFields"]:
        if "datasourceUid" not in field:
            uid, variable = re.fullmatch(
                r"/d/([\w-]+)\?var-(\w+)=\$\$\{__value\.raw\}", field["url"]
            ).groups()
            (board,) = (each for each in BOARDS.values() if each["uid"] == uid)
            assert variable in {each["name"] for each in board["templating"]["list"]}


def test_exemplars_lead_to_traces_from_where_the_boards_ask_for_them():
    ways = sources()["prometheus"]["jsonData"]["exemplarTraceIdDestinations"]
    shown = [
        target
        for parameter in PANELS
        for target in parameter.values[0]["targets"]
        if target.get("exemplar")
    ]

    assert [(way["name"], way["datasourceUid"]) for way in ways] == [
        ("trace_id", "tempo")
    ]
    assert shown
    assert all("_bucket" in target["expr"] for target in shown)


def test_the_provider_looks_where_the_boards_are_built():
    provider = provisioned("dashboards/dashboards.yaml")["providers"][0]
    path = provider["options"]["path"]

    assert path.replace("$GF_PATHS_PROVISIONING", str(PROVISIONING)) == str(build.HERE)
