"""Containers are locked down: no root, no writable image, no capability, bounded memory."""

import re
from pathlib import Path

import pytest
import yaml

from native import environment
from native.paths import ROOT

from .composed import ENV, composed

ERRANDS = {"prepare", "telemetry"}
WITHOUT_SHELL = {"otel-collector", "tempo"}
NATIVE_NAMES = {"otel-collector": "otelcol"}
REPLICAS = {"payments-2", "bank-2"}
LOAD = {"locust", "locust-worker"}
IN_IMAGE = {*environment.SERVICES, *REPLICAS, "probe", "console"}
MIB = 1024 * 1024
NAMES = sorted(
    yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"],
)


@pytest.fixture(scope="module", name="services")
def _services():
    return composed()["services"]


@pytest.mark.parametrize("name", NAMES)
def test_a_container_cannot_change_its_image_or_gain_rights(services, name):
    service = services[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service
    assert service.get("cap_add", []) == (["CHOWN"] if name == "prepare" else [])


@pytest.mark.parametrize("name", NAMES)
def test_only_the_errand_that_gives_volumes_away_is_root(services, name):
    is_root = services[name]["user"].split(":")[0] == "0"

    assert is_root == (name == "prepare")
    if is_root:
        assert services[name]["network_mode"] == "none"


def test_the_whole_stack_fits_in_four_gibibytes_and_the_console(services):
    limits = {name: int(each["mem_limit"]) for name, each in services.items()}
    stays = limits.keys() - ERRANDS - LOAD - REPLICAS

    assert sum(limits[name] for name in stays) <= (4096 + 320) * MIB


@pytest.mark.parametrize("name", [*environment.MEMORY_LIMIT, "grafana"])
def test_go_collects_before_the_limit_is_reached(services, name):
    told = {v: k for k, v in NATIVE_NAMES.items()}.get(name, name)
    soft = services[told]["environment"]["GOMEMLIMIT"]

    assert soft == environment.MEMORY_LIMIT.get(name, soft)
    assert int(soft.removesuffix("MiB")) * MIB <= 0.8 * int(services[told]["mem_limit"])


def test_go_collects_as_seldom_both_ways(services):
    for name in environment.MEMORY_LIMIT:
        told = {v: k for k, v in NATIVE_NAMES.items()}.get(name, name)
        asked = services[told]["environment"].get("GOGC")
        assert environment.of_server(name).get("GOGC") == asked


def test_what_stays_has_a_health_check_or_is_asked_from_outside(services):
    nobody_asks = LOAD | {"traffic"}
    for name in {*services} - ERRANDS - IN_IMAGE - nobody_asks:
        assert ("healthcheck" in services[name]) != (name in WITHOUT_SHELL)
    asked = " ".join(services["telemetry"]["command"])
    assert all(f"http://{name}:" in asked for name in WITHOUT_SHELL)
    assert "HEALTHCHECK" in (ROOT / "apps/Dockerfile").read_text()
    for name in IN_IMAGE:
        slot = f"REPLICA_{name}" if name in REPLICAS else name
        port = ENV[f"{slot.upper().replace('-', '_')}_PORT"]
        ready = services[name]["environment"]["READY_URL"]
        assert ready == f"http://127.0.0.1:{port}/readyz"


def test_mounted_files_are_there_and_cannot_be_written(services):
    mounts = [
        each for service in services.values() for each in service.get("volumes", [])
    ]
    files = [mount for mount in mounts if mount["type"] == "bind"]

    assert files
    assert all(Path(mount["source"]).exists() for mount in files)
    assert all(mount["read_only"] for mount in files)


def test_volumes_have_names_and_an_owner(services):
    given = " ".join(services["prepare"]["command"])
    kept = set(composed()["volumes"])

    # PostgreSQL's image owns its directory already.
    assert set(re.findall(r"/volumes/(\w+)", given)) == kept - {"postgres"}


SECRETS = {
    "signing": {"gateway"},
    "cards": {"payments", "payments-2"},
    "webhooks": {"notifications"},
    "alerts": {"backoffice"},
}
SHOWN = {"alerts": {"alertmanager"}}
"""Who reads another's secret, to show it."""
NEVER_MOVED = {"alerts"}
"""Those that were in a volume of their own from the first day."""


@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_is_mounted_where_it_is_needed_and_nowhere_else(services, secret):
    having = {
        name
        for name, service in services.items()
        for mount in service.get("volumes", [])
        if mount["source"] == secret
    }

    assert having == SECRETS[secret] | SHOWN.get(secret, set()) | {"prepare"}
    for name in SECRETS[secret]:
        (kept,) = [
            value
            for key, value in services[name]["environment"].items()
            if key.endswith("_KEY_FILE")
        ]
        assert kept.startswith("/secrets/")
        copied = rf"cp -a /old/{Path(kept).name}\*? /{secret}\b"
        was_moved = re.search(copied, (ROOT / "CHANGELOG.md").read_text())
        assert was_moved or secret in NEVER_MOVED
        assert composed()["volumes"][secret]["name"] == f"payscope_{secret}"


def test_the_image_is_built_on_the_python_of_env():
    dockerfile = (ROOT / "apps/Dockerfile").read_text()

    assert f"ARG PYTHON_VERSION={ENV['PYTHON_VERSION']}\n" in dockerfile
    assert "USER 10001:10001" in dockerfile
