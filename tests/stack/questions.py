"""What Grafana asks the backends for a board: each panel's and each variable's questions.

Macros are filled in as Grafana does for the last quarter of an hour.
"""

import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from grafana.build import built
from grafana.house import QUIET
from native.backends import Backend, Backends

BOARDS: dict[str, Any] = {path.stem: json.loads(text) for path, text in built()}

WINDOW_S, STEP_S = 900, 15
MACROS = {
    "$__rate_interval": "1m",
    "$__auto": "1m",
    "$__interval": "15s",
    "$__range": f"{WINDOW_S}s",
}
SERVICE_GRAPH = (
    "traces_service_graph_request_total",
    "traces_service_graph_request_server_seconds_sum",
    "traces_service_graph_request_failed_total",
)
"""What Grafana's node graph is made of; nothing has to have failed."""

NAMED = {"payment"}
"""Boards that ask for one thing, by its id."""

Ask = Callable[[Backends, dict[str, str]], Any]


@dataclass(frozen=True)
class Question:
    """One question of a panel, a variable or a mark; marks are there now and then."""

    board: str
    title: str
    ask: Ask
    is_quiet: bool = False

    @property
    def name(self) -> str:
        return f"{self.board}: {self.title}"


def of(board: str) -> Iterator[Question]:
    """All that is asked for a board, variables and marks included."""
    said = BOARDS[board]
    for variable in said.get("templating", {}).get("list", []):
        if variable["type"] == "query":
            yield Question(board, f"${variable['name']}", _values(variable["query"]))
    for mark in said["annotations"]["list"]:
        yield Question(board, mark["name"], _lines(mark["expr"]), is_quiet=True)
    for panel in said["panels"]:
        if panel["type"] not in {"row", "text"}:
            for target in panel["targets"]:
                yield Question(board, panel["title"], _question(panel, target))


def may_be_empty(question: Question) -> bool:
    """Its panel says in words of its own why; what the reader names is there."""
    if question.is_quiet:
        return True
    return question.board not in NAMED and no_value(question) not in {"", QUIET}


def no_value(question: Question) -> str:
    """What its panel says while it has nothing to show; a variable says nothing."""
    for panel in BOARDS[question.board]["panels"]:
        if panel["title"] == question.title and panel["type"] not in {"row", "text"}:
            return str(panel["fieldConfig"]["defaults"]["noValue"])
    return ""


def _question(panel: Any, target: Any) -> Ask:
    kind = panel["datasource"]["type"]
    if kind == "loki":
        return _lines(target["expr"])
    if kind == "tempo":
        is_map = target["queryType"] == "serviceMap"
        return _graph if is_map else _traces(target["query"], target.get("limit", 20))
    return _figures(target["expr"], is_instant=target.get("instant", False))


def _figures(expr: str, *, is_instant: bool) -> Ask:
    def ask(backends: Backends, values: dict[str, str]) -> Any:
        query = filled(expr, values)
        if is_instant:
            found = backends.prometheus.json("/api/v1/query", query=query)
        else:
            now = time.time()
            found = backends.prometheus.json(
                "/api/v1/query_range",
                query=query,
                start=now - WINDOW_S,
                end=now,
                step=STEP_S,
            )
        return found["data"]["result"]

    return ask


def _lines(expr: str) -> Ask:
    def ask(backends: Backends, values: dict[str, str]) -> Any:
        now = time.time_ns()
        found = backends.loki.json(
            "/loki/api/v1/query_range",
            query=filled(expr, values),
            start=now - WINDOW_S * 10**9,
            end=now,
            step=STEP_S,
            limit=500,
        )
        return found["data"]["result"]

    return ask


def _traces(query: str, limit: int) -> Ask:
    def ask(backends: Backends, values: dict[str, str]) -> Any:
        asked, now = filled(query, values), int(time.time())
        if not asked.startswith("{"):
            return backends.tempo.trace(values["trace"])
        window = {"start": now - WINDOW_S, "end": now}
        found = backends.tempo.json("/api/search", q=asked, limit=limit, **window)
        return found.get("traces", [])

    return ask


def _graph(backends: Backends, values: dict[str, str]) -> Any:
    total, waited, failed = (
        _figures(f"sum by (client, server) (rate({name}[$__range]))", is_instant=True)(
            backends, values
        )
        for name in SERVICE_GRAPH
    )
    assert isinstance(failed, list)
    return total and waited


def _values(query: str | dict[str, str]) -> Ask:
    text = query if isinstance(query, str) else query["query"]

    def ask(backends: Backends, values: dict[str, str]) -> Any:
        found = re.fullmatch(r"label_values\((.+), (\w+)\)", text)
        assert found, text
        match = {"match[]": filled(found[1], values)}
        told: Backend = backends.prometheus
        return told.json(f"/api/v1/label/{found[2]}/values", **match)["data"]

    return ask


def filled(query: str, values: dict[str, str]) -> str:
    """As Grafana sends it: macros and variables are replaced."""
    for name, value in MACROS.items():
        query = query.replace(name, value)
    return re.sub(r"\$(\w+)", lambda found: values.get(found[1], ".*"), query)
