"""Containers and plain processes are one stack: names, ports, versions, variables."""

import hashlib
import importlib
import inspect
import json
import re

import pytest
import yaml

from apps.kit.database import Database
from apps.payments.settings import Settings as Payments
from native import configs, environment, postgres, processes, shape
from native.paths import ROOT, Instance
from native.ports import Ports
from native.shape import Replica

from .composed import ENV, composed, on_loopback

PORTS = {name: int(port) for name, port in ENV.items() if name.endswith("_PORT")}
NATIVE_NAMES = {"otel-collector": "otelcol"}
NATIVE_ONLY = {"payments-3", "bank-3", "toxiproxy"}
"""What a demonstration needs; containers have replicas without us, and other tools."""
ERRANDS = {"prepare", "telemetry"}
WITHOUT_SHELL = {"otel-collector", "tempo"}
CONFIGURED = {"otel-collector": "otel-collector", "loki": "loki", "tempo": "tempo"}
IMAGES = {
    "postgres": "postgres:{POSTGRES_VERSION}-alpine",
    "nats": "nats:{NATS_VERSION}-alpine",
    "prepare": "nats:{NATS_VERSION}-alpine",
    "telemetry": "nats:{NATS_VERSION}-alpine",
    "otel-collector": "otel/opentelemetry-collector-contrib:{COLLECTOR_VERSION}",
    "loki": "grafana/loki:{LOKI_VERSION}",
    "tempo": "grafana/tempo:{TEMPO_VERSION}",
    "prometheus": "prom/prometheus:v{PROMETHEUS_VERSION}",
    "alertmanager": "prom/alertmanager:v{ALERTMANAGER_VERSION}",
    "grafana": "grafana/grafana:{GRAFANA_VERSION}",
}
MODULES = {
    "nats": "github.com/nats-io/nats-server/v2 v{NATS_VERSION}",
    "otelcol": "go.opentelemetry.io/collector/receiver/otlpreceiver v{COLLECTOR_VERSION}",
    "loki": "github.com/grafana/loki/v3 v{LOKI_VERSION}",
    "prometheus": "github.com/prometheus/prometheus v0.{prometheus}",
    "alertmanager": "github.com/prometheus/alertmanager v{ALERTMANAGER_VERSION}",
}


KEPT_APART = {
    "BACKOFFICE_ALERTS_KEY_FILE",
    "GATEWAY_SIGNING_KEY_FILE",
    "NOTIFICATIONS_WEBHOOK_KEY_FILE",
    "PAYMENTS_CARD_KEY_FILE",
}


@pytest.fixture(scope="module", name="services")
def _services():
    return composed()["services"]


@pytest.fixture(scope="module")
def ports():
    return Ports(PORTS)


def test_both_ways_run_the_same_processes(services):
    native = {*processes.PORTS} - {"grafana"} - NATIVE_ONLY
    ours = {NATIVE_NAMES.get(name, name) for name in services}

    assert ours - ERRANDS - {"locust", "locust-worker", "grafana"} == native


def test_only_loopback_is_published_and_a_port_is_the_same_inside(services):
    published = [port for each in services.values() for port in each.get("ports", [])]

    assert {port["host_ip"] for port in published} == {"127.0.0.1"}
    assert all(str(port["target"]) == port["published"] for port in published)
    assert {port["target"] for port in published} <= set(PORTS.values())


def test_each_port_of_env_has_its_process(services):
    taken = {
        port: name
        for name in services
        for port in processes.PORTS.get(NATIVE_NAMES.get(name, name), ())
    } | {"LOCUST_PORT": "locust"}

    apart = {port for name in NATIVE_ONLY for port in processes.PORTS[name]}
    assert set(taken) == set(PORTS) - apart
    for port, name in taken.items():
        assert str(PORTS[port]) in json.dumps(services[name]), f"{port} is not {name}'s"


@pytest.mark.parametrize("name", IMAGES)
def test_an_image_has_the_version_of_env(services, name):
    assert services[name]["image"] == IMAGES[name].format(**ENV)


@pytest.mark.parametrize("name", MODULES)
def test_a_native_build_has_the_version_of_env(name):
    major, _, rest = ENV["PROMETHEUS_VERSION"].partition(".")
    known = {**ENV, "prometheus": f"{major}{rest}"}
    pinned = (ROOT / "native" / "builds" / name / "go.mod").read_text()

    assert f"{MODULES[name].format(**known)}\n" in pinned.replace(" // indirect", "")


def test_the_manifest_lists_what_the_native_collector_is_made_of():
    manifest = yaml.safe_load((ROOT / "otel-collector/builder.yaml").read_text())
    listed = {
        part["gomod"]
        for parts in manifest.values()
        if isinstance(parts, list)
        for part in parts
    }
    pinned = (ROOT / "native/builds/otelcol/go.mod").read_text()

    assert manifest["dist"]["version"] == ENV["COLLECTOR_VERSION"]
    assert not {module for module in listed if f"\t{module}\n" not in pinned}


def test_tempo_is_of_one_line_both_ways():
    pinned = (ROOT / "native/builds/tempo/go.mod").read_text()

    assert ENV["TEMPO_VERSION"].startswith("2.8.")
    assert "github.com/grafana/tempo v1.5.1-0.20250529124718-87c2dc380cec" in pinned


REPLICAS = [Replica(name) for name in environment.SERVICES] + [
    *shape.Shape(replicas=2).further()
]


@pytest.mark.parametrize("replica", REPLICAS, ids=[each.process for each in REPLICAS])
def test_a_service_is_told_the_same_both_ways(services, ports, replica):
    prefix = f"{replica.service.upper()}_"
    told = services[replica.process]["environment"]
    ours = {
        key: on_loopback(value, services)
        for key, value in told.items()
        if key.startswith((prefix, "OTEL_"))
    }
    theirs = environment.of_service(replica.service, ports, number=replica.number)
    # A path and a secret: each way has its own, and the default of the code.
    for key in KEPT_APART:
        ours.pop(key, None)
        theirs.pop(key, None)

    assert ours == theirs


@pytest.mark.parametrize("name", environment.SERVICES)
def test_a_service_is_told_nothing_that_it_does_not_know(services, name):
    knobs = importlib.import_module(f"apps.{name}.settings").Settings.model_fields
    prefix = f"{name.upper()}_"
    told = {
        key.removeprefix(prefix).lower()
        for key in services[name]["environment"]
        if key.startswith(prefix)
    }

    assert told <= set(knobs)


def test_the_till_that_loads_is_a_client_of_the_demonstration(services):
    registry = importlib.import_module("apps.gateway.clients.registry")
    settings = importlib.import_module("apps.gateway.settings").Settings()
    told = services["locust"]["environment"]["LOAD_CLIENT_SECRET"]

    till = registry.registered(settings.clients_file)["till"]

    assert hashlib.sha256(told.encode()).hexdigest() == till.secret_sha256


def test_traffic_is_told_the_same_both_ways(services, ports):
    told = services["traffic"]["environment"]
    ours = {key: on_loopback(value, services) for key, value in told.items()}
    del ours["LOAD_CLIENT_SECRET"]  # the demonstration's, which is the default

    assert ours == environment.of_traffic(ports)
    assert services["traffic"]["entrypoint"] == ["python", "-m", "loadtests.traffic"]


def test_the_probe_is_told_the_same_both_ways(services, ports):
    told = services["probe"]["environment"]
    ours = {key: on_loopback(value, services) for key, value in told.items()}
    del ours["READY_URL"]

    assert ours == environment.of_probe(ports)


def test_the_console_is_told_the_same_both_ways(services, ports):
    told = services["console"]["environment"]
    ours = {key: on_loopback(value, services) for key, value in told.items()}
    # Where boards and runbooks are, and a browser finds Grafana: natively the code knows.
    for key in (
        "READY_URL",
        "CONSOLE_BOARDS",
        "CONSOLE_RUNBOOKS",
        "CONSOLE_GRAFANA_SHOWN_URL",
    ):
        del ours[key]

    assert ours == environment.of_console(ports)


def test_workers_are_instances_of_their_own(services):
    """A name that all share would make their counters one."""
    for name in ("locust", "locust-worker"):
        resource = services[name]["environment"]["OTEL_RESOURCE_ATTRIBUTES"]
        assert "service.instance.id" not in resource
    assert services["locust-worker"]["command"][:3] == [
        "--worker",
        "--master-host",
        "locust",
    ]


@pytest.mark.parametrize("name", CONFIGURED)
def test_a_configuration_asks_for_nothing_that_nobody_sets(services, ports, name):
    text = (ROOT / CONFIGURED[name] / "config.yaml").read_text()
    asked = dict(re.findall(r"\$\{(?:env:)?([A-Z_]+):-([^}]*)\}", text))
    told = services[name]["environment"]
    native = environment.shared(Instance("default"), ports)

    assert set(asked) == set(told) - {"GOMEMLIMIT", "GOGC"}
    assert set(asked) <= set(native)
    for key, default in asked.items():
        if key in PORTS:
            assert {default, told[key], native[key]} == {str(PORTS[key])}
        elif key.endswith("_HOST"):
            assert told[key] in services
            assert default == native[key] == "127.0.0.1"


def test_grafana_is_told_what_its_provisioning_asks_for(services, ports):
    provisioning = (ROOT / "grafana/provisioning").glob("*/*.yaml")
    values = json.dumps([yaml.safe_load(path.read_text()) for path in provisioning])
    asked = set(re.findall(r"(?<!\$)\$([A-Z_]+)", values))
    ours = services["grafana"]["environment"]
    native = environment.of_grafana(Instance("default"), ports)

    assert asked <= set(ours)
    assert asked <= set(native)
    for key in {*ours} - {"GOMEMLIMIT", "GF_PATHS_PROVISIONING"}:
        assert on_loopback(ours[key], services) == native[key]


@pytest.mark.parametrize("name", ["prometheus", "alertmanager"])
def test_a_server_has_the_same_flags_both_ways(services, ports, name):
    made = getattr(processes, f"_{name}")(Instance("default"), ports)
    paths = ("--config.file", "--storage.path", "--storage.tsdb.path")

    def flags(command):
        return {each for each in command if not each.startswith(paths)}

    ours = {on_loopback(flag, services) for flag in services[name]["command"]}
    assert flags(ours) == flags(made.command[1:])


def test_alertmanager_tells_the_back_office_and_shows_the_same_key(services, ports):
    written = (ROOT / "alertmanager" / "config.yaml").read_text()
    native = configs.alerting(written, Instance("default"), ports)
    theirs = services["backoffice"]["environment"]["BACKOFFICE_ALERTS_KEY_FILE"]
    ours = environment.shared(Instance("default"), ports)["BACKOFFICE_ALERTS_KEY_FILE"]
    urls, keys = ("url: (.+)", "credentials_file: (.+?) ")

    assert set(re.findall(urls, written)) == {
        f"http://backoffice:{PORTS['BACKOFFICE_PORT']}/ops/alerts"
    }
    assert set(re.findall(urls, native)) == {
        f"{ports.url('BACKOFFICE_PORT')}/ops/alerts"
    }
    assert set(re.findall(keys, written)) == {theirs}
    assert set(re.findall(keys, native)) == {ours}


def test_prometheus_finds_alertmanager_where_compose_runs_it(services):
    (listed,) = json.loads((ROOT / "prometheus/alertmanagers/compose.json").read_text())

    assert listed["targets"] == [f"alertmanager:{PORTS['ALERTMANAGER_PORT']}"]
    assert "alertmanager" in services


def test_every_pool_of_every_replica_finds_connections():
    """With some left for who looks: the collector, an auditor, a person."""
    usual = inspect.signature(Database).parameters["size"].default
    paying = Payments.model_fields["database_connections"].default
    pools = shape.MOST * (paying + usual) + 3 * usual
    given = composed()["services"]["postgres"]["command"]

    assert f"max_connections={postgres.SETTINGS['max_connections']}" in given
    assert pools + 20 < int(postgres.SETTINGS["max_connections"])
