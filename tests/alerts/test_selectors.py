"""What rules and runbooks ask for is there: on the real stack, not only in our heads."""

import re
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import yaml

from native.backends import NotInTime, until
from native.paths import ROOT
from prometheus import alerts

RULES = [
    rule
    for file in sorted((ROOT / "prometheus" / "rules").glob("*.yml"))
    for group in yaml.safe_load(file.read_text())["groups"]
    for rule in group["rules"]
]
PAGES = sorted((ROOT / "docs" / "runbooks").glob("*.md"))

SELDOM = {name for each in alerts.load() for name in each.seldom} | {
    "otel_sdk_exporter_log_exported_total",
    "otel_sdk_exporter_span_exported_total",
    "otel_sdk_processor_log_processed_total",
    "otel_sdk_processor_span_processed_total",
    "telemetry_leaks_total",
    "verify_violations",
}
"""Given from the first fault on, or by an auditor that need not run."""

COME_WITHIN_S = 180.0
"""Rules over windows are looked at each minute, when what they are made of is there."""


@pytest.mark.usefixtures("history")
def test_every_selector_of_a_rule_finds_a_series(stack):
    asked = {each for rule in RULES for each in selectors(stack, rule["expr"])}

    def lacking() -> list[str]:
        return [each for each in sorted(asked) if not found(stack, each)]

    assert len(asked) > 30
    with suppress(NotInTime):
        until(lambda: not lacking(), within=COME_WITHIN_S, every=5)
    assert lacking() == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_query_of_a_runbook_is_understood(stack, page: Path):
    for language, query in re.findall(r"```(\w+)\n(.+?)\n```", page.read_text(), re.S):
        if language == "promql":
            stack.backends.prometheus.now(query)
        elif language == "traceql":
            stack.backends.tempo.search(query)
        else:
            assert language == "logql"
            now = time.time_ns()
            stack.backends.loki.json(
                "/loki/api/v1/query_range",
                query=query,
                start=now - 60 * 10**9,
                end=now,
                limit=1,
            )


def selectors(stack, expr: str) -> Iterator[str]:
    """As they are; of an expression over values only that the label has one."""
    tree = stack.backends.prometheus.json("/api/v1/parse_query", query=expr)["data"]
    for node in walked(tree):
        if node.get("type") not in {"vectorSelector", "matrixSelector"}:
            continue
        matchers = {
            each["name"]: f'{each["type"]}"{each["value"]}"'
            if each["type"] in {"=", "!="}
            else '!=""'
            for each in node["matchers"]
        }
        name = node["name"]
        if name in SELDOM or name.startswith("slo:bad:ratio_rate"):
            continue
        matchers.pop("le", None)
        yield "{" + ", ".join(f"{key}{said}" for key, said in matchers.items()) + "}"


def walked(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
        node = list(node.values())
    if isinstance(node, list):
        for each in node:
            yield from walked(each)


def found(stack, selector: str) -> bool:
    told = stack.backends.prometheus.json(
        "/api/v1/series", **{"match[]": selector, "limit": 1}
    )
    return bool(told["data"])
