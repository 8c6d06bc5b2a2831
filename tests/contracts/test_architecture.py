"""The table in docs/architecture.md: each concept has its file, and a test of its own."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/architecture.md").read_text()
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.split("## Where each thing is")[1].split("## ")[0].splitlines()
    if line.startswith("| ") and "`" in line
]


def named(cell: str) -> list[str]:
    """The paths in a cell; words like Pan and placeholders are none."""
    return [
        path
        for path in re.findall(r"`([^`<]+)`", cell)
        if "/" in path or path.endswith((".py", ".sql"))
    ]


def test_the_table_is_there():
    assert len(ROWS) > 20


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_concept_has_its_files_and_its_tests(row):
    _, files, tests = row

    assert named(files)
    assert named(tests)
    for path in named(files):
        assert (ROOT / "apps" / path).exists() or (ROOT / path).exists(), path
    for path in named(tests):
        assert (ROOT / "tests" / path).exists(), path
