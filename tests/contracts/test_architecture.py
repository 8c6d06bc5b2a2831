"""The table in docs/architecture.md: each concept has its file, and a test of its own."""

import pytest

from .tables import missing, named, rows

ROWS = rows("docs/architecture.md", "Where each thing is")


def test_the_table_is_there():
    assert len(ROWS) > 20


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_concept_has_its_files_and_its_tests(row):
    _, files, tests = row

    assert named(files)
    assert named(tests)
    assert missing(named(files), "apps", "") == []
    assert missing(named(tests), "tests") == []
