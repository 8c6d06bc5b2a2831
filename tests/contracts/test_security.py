"""What the security page promises is there, and exceptions to the rules say why."""

import re
import tomllib

import pytest

from native.paths import ROOT

PAGE = (ROOT / "docs" / "security.md").read_text()
PRODUCT = ("apps", "native", "grafana", "docs", "loadtests", "benchmarks")
IGNORED = re.compile(r"# noqa: [^(\n]*\bS\d{3}\b(?P<why>.*)")


def test_every_item_of_the_list_has_its_row_and_its_file():
    rows = dict(re.findall(r"^\| API(\d+) .*\| `([^`]+)` \|$", PAGE, re.MULTILINE))

    assert set(rows) == {str(number) for number in range(1, 11)}
    for number, file in rows.items():
        assert f"test_api{int(number):02}_" in file


def test_every_file_that_the_page_names_is_there():
    named = re.findall(r"`(tests/[^`]+)`", PAGE)
    linked = re.findall(r"\]\(([^)]+\.md)\)", PAGE)

    assert len(named) > 10
    assert [file for file in named if not (ROOT / file).is_file()] == []
    assert [file for file in linked if not (ROOT / "docs" / file).is_file()] == []


def test_every_test_of_the_list_is_on_the_page():
    there = {file.name for file in (ROOT / "tests" / "owasp").glob("test_*.py")}

    assert {name for name in there if f"tests/owasp/{name}" not in PAGE} == set()


@pytest.mark.parametrize("target", ["sbom", "audit-deps"])
def test_every_target_that_the_page_names_is_there(target):
    assert f"make {target}" in PAGE
    assert f"\n{target}: " in (ROOT / "Makefile").read_text()


def test_the_security_rules_are_on_everywhere():
    rules = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["ruff"]["lint"]

    assert "S" in rules["select"]
    assert not [rule for rule in rules["ignore"] if rule.startswith("S")]
    assert not [
        (where, rule)
        for where, ignored in rules["per-file-ignores"].items()
        for rule in ignored
        if where.startswith("apps") and rule.startswith("S")
    ]


def test_every_exception_to_a_security_rule_in_the_product_says_why():
    found = [
        (file.relative_to(ROOT), line.strip())
        for folder in PRODUCT
        for file in (ROOT / folder).rglob("*.py")
        for line in file.read_text().splitlines()
        if (ignored := IGNORED.search(line)) and "(" not in ignored["why"]
    ]

    assert found == []
