"""The table in docs/resilience.md: each concept has its file, its signal and its test."""

import ast
import re
from pathlib import Path

import pytest

from .tables import ROOT, missing, named, rows

PAGE = (ROOT / "docs/resilience.md").read_text()
ROWS = rows("docs/resilience.md", "What there is")
CONCEPTS = (
    "API gateway",
    "JWT",
    "Rate limiting",
    "Caching",
    "Load balancing",
    "API composition",
    "Circuit breaker",
    "Retry",
    "Deadlines",
    "Fallback",
    "Bulkhead",
    "Backpressure",
    "Load shedding",
    "Health checks",
    "Service discovery",
    "Configuration",
    "Idempotent consumers",
    "Dead letters",
    "Saga",
    "Event sourcing",
    "CQRS",
    "Outbox",
    "Audit trail",
    "Disaster recovery",
    "Database per service",
    "Pub/sub",
    "Graceful stop",
)
SIGNAL = re.compile(r"`([a-z_]+(?:\.[a-z_]+)+)`")


def told():
    """Every dotted name that stands by itself in our code: metrics, events, facts."""
    return {
        node.value
        for file in Path(ROOT / "apps").rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


TOLD = told()


@pytest.mark.parametrize("concept", CONCEPTS)
def test_a_concept_has_a_row(concept):
    assert any(row[0].startswith(concept) for row in ROWS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_row_names_files_signals_and_tests_that_are_there(row):
    _, how, files, signals, tests = row

    assert how
    assert named(files)
    assert missing(named(files), "apps", "") == []
    assert SIGNAL.findall(signals)
    assert set(SIGNAL.findall(signals)) <= TOLD
    assert named(tests)
    assert missing(named(tests), "tests") == []


@pytest.mark.parametrize("path", re.findall(r"\]\((?!http)([^)#]+)", PAGE))
def test_a_link_leads_somewhere(path):
    assert (ROOT / "docs" / path).exists()
