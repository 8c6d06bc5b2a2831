"""The bill of materials is whole, and an audit that nobody answered is no good news."""

import json
import re
import tomllib

import pytest

from native import supply
from native.paths import ROOT

CLEAN = {"name": "httpx", "version": "0.28.1", "vulns": []}
BAD = {
    "name": "h11",
    "version": "0.14",
    "vulns": [{"id": "PYSEC-1", "fix_versions": ["0.16"]}],
}
UNSEEN = {"name": "granian", "skip_reason": "Dependency not found"}


def locked():
    """What uv.lock has for running: our own dependencies, and theirs, and so on."""
    lock = tomllib.loads((ROOT / "uv.lock").read_text())["package"]
    packages = {each["name"]: each for each in lock}
    needed, asked = {}, [{"name": "payscope", "extra": ["-"]}]
    while asked:
        wanted = asked.pop()
        package = packages[wanted["name"]]
        extras = [
            each
            for extra in wanted.get("extra", ())
            for each in package.get("optional-dependencies", {}).get(extra, ())
        ]
        for each in [*package.get("dependencies", ()), *extras]:
            key = (each["name"], tuple(each.get("extra", ())))
            if key not in needed:
                needed[key] = packages[each["name"]].get("version")
                asked.append(each)
    return {name: version for (name, _), version in needed.items()}


@pytest.fixture(scope="module")
def bill(tmp_path_factory):
    file = tmp_path_factory.mktemp("bill") / "sbom.json"
    assert supply.bill(file) == 0
    return json.loads(file.read_text())


def test_the_bill_lists_every_runtime_dependency_of_the_lock(bill):
    listed = {part["name"]: part["version"] for part in bill["components"]}

    assert len(listed) > 40
    assert listed == locked()


def test_it_is_a_bill_that_others_can_read(bill):
    assert bill["bomFormat"] == "CycloneDX"
    assert bill["metadata"]["component"]["name"] == "payscope"
    for part in bill["components"]:
        assert re.fullmatch(r"pkg:pypi/[a-z0-9._-]+@.+", part["purl"])
        hashes = [h for each in part["externalReferences"] for h in each["hashes"]]
        assert {each["alg"] for each in hashes} == {"SHA-256"}


def test_what_is_only_for_tests_is_not_in_it(bill):
    listed = {part["name"] for part in bill["components"]}

    assert not {"pytest", "schemathesis", "mypy", "ruff", "locust"} & listed


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ([CLEAN], 0),
        ([CLEAN, BAD], supply.VULNERABLE),
        ([CLEAN, UNSEEN], supply.UNKNOWN),
        ([BAD, UNSEEN], supply.UNKNOWN),
        ([], supply.UNKNOWN),
    ],
)
def test_an_audit_says_what_it_found_and_what_it_could_not_see(parts, code, capsys):
    assert supply.judged(json.dumps({"dependencies": parts}), "") == code

    told = capsys.readouterr()
    assert ("NOT AUDITED" in told.err) is (code == supply.UNKNOWN)
    assert ("PYSEC-1" in told.out) is (code == supply.VULNERABLE)


def test_without_a_report_nothing_is_known(capsys):
    assert supply.judged("", "no answer") == supply.UNKNOWN
    assert "no answer" in capsys.readouterr().err
