"""Files that a start writes into the instance: supervisord's, and those of servers that
expand no variables."""

import json
import re
import shlex
import shutil
from collections.abc import Mapping
from pathlib import Path
from string import Template
from typing import Any

from . import faults
from .paths import ROOT, Instance
from .ports import LOOPBACK, Ports
from .processes import GROUPS, Process
from .shape import Shape

HERE = Path(__file__).resolve().parent
PROMETHEUS = ROOT / "prometheus"
ALERTMANAGER = ROOT / "alertmanager"

SCRAPED = {
    "otel-collector": "COLLECTOR_METRICS_PORT",
    "loki": "LOKI_PORT",
    "tempo": "TEMPO_PORT",
    "prometheus": "PROMETHEUS_PORT",
    "alertmanager": "ALERTMANAGER_PORT",
    "grafana": "GRAFANA_PORT",
}
"""Hosts in prometheus/targets/compose.json, and which port of ours each one is."""


DIRECTORIES = (
    *("logs", "nats", "loki", "tempo", "otelcol"),
    *("prometheus/data", "prometheus/alertmanagers", "alertmanager"),
)


def write(
    instance: Instance, ports: Ports, processes: list[Process], shape: Shape
) -> None:
    """Afterwards everything stands ready for supervisord."""
    for directory in DIRECTORIES:
        (instance.home / directory).mkdir(parents=True, exist_ok=True)
    _write_prometheus(instance, ports, {process.name for process in processes})
    _write_alertmanager(instance, ports)
    told = json.dumps(faults.proxies(ports, shape), indent=2) + "\n"
    (instance.home / "toxiproxy.json").write_text(told)
    instance.supervisor_conf.write_text(supervisor(instance, processes))


def supervisor(instance: Instance, processes: list[Process]) -> str:
    """supervisord.conf for these processes."""
    home, socket = _escaped(str(instance.home)), _escaped(str(instance.socket))
    head = _template("supervisord.conf").substitute(home=home, socket=socket)
    programs = [_program(each) for each in processes]
    return "".join([head, *programs, *_groups(processes)])


def _program(process: Process) -> str:
    return _template("program.conf").substitute(
        name=process.name,
        command=_escaped(shlex.join(process.line)),
        environment=_variables(process.environment),
        root=_escaped(str(ROOT)),
        stop_signal=process.stop_signal,
        stop_within=process.stop_within_s,
    )


def _groups(processes: list[Process]) -> list[str]:
    """A group stops as one, so an orderly stop is as long as its slowest member."""
    lines = []
    for group, priority in GROUPS.items():
        names = ",".join(each.name for each in processes if each.group == group)
        if names:
            lines.append(f"\n[group:{group}]\nprograms={names}\npriority={priority}\n")
    return lines


def _variables(values: Mapping[str, str]) -> str:
    return ",".join(f'{key}="{_escaped(value)}"' for key, value in values.items())


def _escaped(text: str) -> str:
    """supervisord expands % everywhere."""
    return text.replace("%", "%%")


def _template(name: str) -> Template:
    return Template((HERE / name).read_text())


def _write_prometheus(instance: Instance, ports: Ports, running: set[str]) -> None:
    """Prometheus expands no variables: it gets a copy of its files with our addresses."""
    home = instance.home / "prometheus"
    shutil.copyfile(PROMETHEUS / "prometheus.yml", home / "prometheus.yml")
    shutil.rmtree(home / "rules", ignore_errors=True)
    shutil.copytree(PROMETHEUS / "rules", home / "rules")
    (home / "targets").mkdir(exist_ok=True)
    file = home / "targets" / "native.json"
    file.write_text(json.dumps(scraped(ports, running), indent=2) + "\n")


def _write_alertmanager(instance: Instance, ports: Ports) -> None:
    """Nor does Alertmanager; and Prometheus is told where it is."""
    written = (ALERTMANAGER / "config.yaml").read_text()
    (instance.home / "alertmanager" / "config.yaml").write_text(
        alerting(written, instance, ports)
    )
    listed = [{"targets": [f"{LOOPBACK}:{ports['ALERTMANAGER_PORT']}"]}]
    file = instance.home / "prometheus" / "alertmanagers" / "native.json"
    file.write_text(json.dumps(listed, indent=2) + "\n")


def alerting(written: str, instance: Instance, ports: Ports) -> str:
    """Alertmanager's file with our own receiver's address, and our own key."""
    receiver = f"{ports.url('BACKOFFICE_PORT')}/ops/alerts"
    told = re.sub(r"http://backoffice:\d+/ops/alerts", receiver, written)
    return told.replace("/secrets/", f"{instance.home / 'secrets'}/")


def scraped(ports: Ports, running: set[str]) -> list[dict[str, Any]]:
    """compose.json's targets under our addresses; labels stay as they are."""
    listed = json.loads((PROMETHEUS / "targets" / "compose.json").read_text())
    targets = []
    for entry in listed:
        host = entry["targets"][0].partition(":")[0]
        if {"otel-collector": "otelcol"}.get(host, host) in running:
            address = f"{LOOPBACK}:{ports[SCRAPED[host]]}"
            targets.append(entry | {"targets": [address]})
    return targets
