"""What supervisord, the services and Prometheus are given."""

import configparser
import os
import re
import shlex

import pytest

from native import configs, environment, faults, processes, ready
from native.paths import MARK, ROOT, SOCKET_LIMIT, Instance
from native.ports import Ports
from native.processes import Process
from native.shape import Shape

PORTS = Ports.load()


def parsed(*known: Process):
    conf = configparser.RawConfigParser(inline_comment_prefixes=(";",))
    conf.read_string(configs.supervisor(Instance(), list(known)))
    return conf


def process(**changes) -> Process:
    plain = {"name": "bank", "group": "services", "command": ["run"]}
    return Process(**plain | {"ports": ("BANK_PORT",), "ready": "/"} | changes)


def test_what_dies_is_started_again_without_end():
    conf = parsed(process())

    assert conf["program:bank"]["autorestart"] == "true"
    assert int(conf["program:bank"]["startretries"]) > 1000
    assert conf["program:bank"]["startsecs"] == "1"


def test_a_command_keeps_its_words_whatever_is_in_them():
    words = ["/a b/run", "100%", "it's"]

    command = parsed(process(command=words))["program:bank"]["command"]

    assert shlex.split(command.replace("%%", "%")) == words


@pytest.mark.parametrize(
    ("name", "nice"),
    [("payments", []), ("otelcol", []), ("tempo", ["nice", "-n", "12"])],
)
def test_whoever_no_answer_waits_for_yields(name, nice):
    command = parsed(process(name=name))[f"program:{name}"]["command"]

    assert shlex.split(command) == [*nice, "run"]


def test_services_stop_before_what_they_stand_on():
    conf = parsed(process(), process(name="postgres", group="base"))

    late, early = conf["group:services"]["priority"], conf["group:base"]["priority"]
    assert int(late) > int(early)
    assert conf["group:services"]["programs"] == "bank"


def test_logs_are_rotated():
    conf = parsed(process())["program:bank"]

    assert conf["stdout_logfile"] == "logs/bank.log"
    assert conf["stdout_logfile_maxbytes"] == "10MB"
    assert conf["redirect_stderr"] == "true"


def test_the_socket_moves_where_its_path_would_be_too_long(monkeypatch, tmp_path):
    monkeypatch.setattr("native.paths.DATA", tmp_path / ("long" * 40))

    assert len(os.fsencode(Instance().socket)) <= SOCKET_LIMIT


@pytest.mark.parametrize("name", environment.SERVICES)
def test_a_service_knows_its_port_and_says_who_it_is(name):
    own = environment.of_service(name, PORTS)

    assert own[f"{name.upper()}_PORT"] == str(PORTS[f"{name.upper()}_PORT"])
    assert f"service.instance.id={name}-1" in own["OTEL_RESOURCE_ATTRIBUTES"]
    assert own["OTEL_EXPORTER_OTLP_ENDPOINT"] == PORTS.url("OTLP_GRPC_PORT")


def test_replicas_differ_in_port_and_name_and_in_nothing_else():
    first = environment.of_service("bank", PORTS)
    second = environment.of_service("bank", PORTS, number=2)

    differing = {key for key in first if first[key] != second[key]}
    assert first.keys() == second.keys()
    assert differing == {
        "BANK_PORT",
        "BANK_ADVERTISED_URL",
        "OTEL_RESOURCE_ATTRIBUTES",
    }
    assert "service.instance.id=bank-2," in second["OTEL_RESOURCE_ATTRIBUTES"]


@pytest.mark.parametrize("caller", ["gateway", "payments"])
def test_with_faults_every_service_is_called_through_the_proxy(caller):
    own = environment.of_service(caller, PORTS, Shape(faults=True))
    proxied = {f"http://{proxy['listen']}" for proxy in faults.proxies(PORTS, Shape())}

    urls = {
        value
        for key, value in own.items()
        if re.search(r"_(ADVERTISED|BANK|FRAUD|PAYMENTS)_URLS?$", key)
    }
    assert len(urls) == 3
    assert urls <= proxied


def test_further_replicas_are_groups_of_their_own():
    names = [each.process for each in Shape(replicas=3).further()]
    kept = processes.services(PORTS, Shape(replicas=3))

    found = {each.name: each.group for each in kept if each.name in names}
    assert found == {
        "payments-2": "replicas-2",
        "bank-2": "replicas-2",
        "payments-3": "replicas-3",
        "bank-3": "replicas-3",
    }
    alone = {each.name for each in processes.services(PORTS, Shape())}
    assert not alone & {*names}


def test_there_is_traffic_where_it_was_asked_for():
    (traffic,) = processes.callers(PORTS, Shape(traffic=True))

    assert processes.callers(PORTS, Shape()) == []
    assert traffic.command[1:] == ["-m", "loadtests.traffic"]
    assert traffic.line[:3] == ["nice", "-n", "12"]
    assert traffic.environment["LOAD_HOST"] == PORTS.url("GATEWAY_PORT")
    assert traffic.url(PORTS) == ""
    assert max(configs.GROUPS, key=configs.GROUPS.__getitem__) == traffic.group


def test_the_probe_comes_where_it_was_asked_for_and_yields_to_nobody():
    (probe,) = processes.callers(PORTS, Shape(probe=True))

    assert probe.line[1:] == ["-m", "apps.probe"]
    assert probe.environment["PROBE_GATEWAY_URL"] == PORTS.url("GATEWAY_PORT")
    assert probe.url(PORTS) == PORTS.url("PROBE_PORT")
    assert "PROBE_PORT" in processes.used_ports(Shape(probe=True))
    assert "PROBE_PORT" not in processes.used_ports(Shape())


async def test_who_has_no_port_is_ready_when_it_runs():
    (traffic,) = processes.callers(PORTS, Shape(traffic=True))

    assert await ready.is_ready(traffic, PORTS, None)


def test_only_what_is_started_takes_ports():
    assert "REPLICA_BANK_2_PORT" not in processes.used_ports(Shape())
    assert "TOXIPROXY_PORT" not in processes.used_ports(Shape(replicas=2))
    assert {"REPLICA_BANK_2_PORT", "PROXY_BANK_PORT"} <= {
        *processes.used_ports(Shape(2, faults=True))
    }


def test_every_service_of_the_tree_is_started():
    packages = {file.parent.name for file in (ROOT / "apps").glob("*/__main__.py")}

    beside = {"verify", "probe", "console"}  # one is no service, two are nobody's
    assert set(environment.SERVICES) == packages - beside


def test_every_process_carries_the_mark_and_every_port():
    shared = environment.shared(Instance("second"), PORTS)

    assert shared[MARK] == str(Instance("second").home)
    assert {name: shared[name] for name in PORTS} == {
        name: str(port) for name, port in PORTS.items()
    }


def test_loopback_never_goes_through_a_proxy(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "intranet")

    shared = environment.shared(Instance(), PORTS)

    assert shared["NO_PROXY"] == "intranet,127.0.0.1,localhost"


def test_every_port_of_env_belongs_to_one_process():
    taken = [name for names in processes.PORTS.values() for name in names]

    assert sorted(taken) == sorted(name for name in PORTS if name != "LOCUST_PORT")


def test_prometheus_scrapes_what_runs_here():
    targets = configs.scraped(PORTS, {"loki", "otelcol"})

    assert [target["targets"] for target in targets] == [
        [f"127.0.0.1:{PORTS['COLLECTOR_METRICS_PORT']}"],
        [f"127.0.0.1:{PORTS['LOKI_PORT']}"],
    ]
    assert targets[1]["labels"]["instance"] == "loki-1"
