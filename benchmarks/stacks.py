"""A stack of a benchmark's own: fresh data, started here, taken away again."""

import os
import shutil
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import MappingProxyType

from rich.console import Console

from native import configs, processes, ready, starting
from native.paths import Instance
from native.ports import Ports
from native.shape import Shape
from native.supervise import Supervisor
from native.trouble import Trouble

NAME = "bench"
EVENLY = {"PAYMENTS_SETTLE_EVERY_S": "5", "PAYMENTS_CAPTURE_AFTER_S": "0.5"}
"""What follows comes soon: else some short phases would see it, and some not."""

console = Console(width=110)
_quiet = Console(quiet=True)


@dataclass(frozen=True, slots=True)
class Stack:
    """A stack that is up."""

    instance: Instance
    ports: Ports

    @property
    def name(self) -> str:
        return self.instance.name

    @property
    def url(self) -> str:
        """The gateway, where tills pay."""
        return self.ports.url("GATEWAY_PORT")

    @property
    def supervisor(self) -> Supervisor:
        return Supervisor(self.instance)

    @classmethod
    def that_is_up(cls, name: str) -> "Stack":
        if not Supervisor.of(name).is_up:
            raise Trouble(
                f"Instance '{name}' is not up.",
                f"python -m native up --instance {name}",
            )
        return cls(Instance(name), Ports.load(name))

    def scale(self, replicas: int) -> None:
        """So many of payments and of bank, from now on."""
        starting.up(self.instance, _quiet, replicas)

    def with_services(self, **variables: str) -> None:
        """The services start anew with these variables, and without former ones."""
        shape = Shape.load(self.instance)
        known = processes.stack(self.instance, self.ports, shape)
        services = {each.name for each in processes.services(self.ports, shape)}
        wished = [_told(each, variables, services) for each in known]
        conf = configs.supervisor(self.instance, wished)
        self.instance.supervisor_conf.write_text(conf)
        for group in sorted({each.group for each in wished if each.name in services}):
            self.supervisor.renew(group)
        ready.wait(self.instance, self.ports, known, _quiet)


def _told(
    process: processes.Process, variables: Mapping[str, str], services: set[str]
) -> processes.Process:
    if process.name not in services:
        return process
    return replace(process, environment=process.environment | dict(variables))


@contextmanager
def running(
    name: str = NAME,
    variables: Mapping[str, str] = MappingProxyType({}),
    *,
    replicas: int = 1,
    faults: bool = False,
) -> Iterator[Stack]:
    """A fresh stack inside; outside neither its processes nor its data are left.

    Its services find the variables. Trouble where one of that name is up: it is
    somebody's.
    """
    instance = Instance(name)
    _without_telemetry_settings()
    os.environ.update(variables)
    _emptied(instance)
    try:
        ports = starting.up(instance, console, replicas, faults=faults)
        yield Stack(instance, ports)
    finally:
        with undisturbed():
            console.print(f"Taking instance '{name}' away …", style="dim")
            starting.down(instance)
            shutil.rmtree(instance.home, ignore_errors=True)


def _emptied(instance: Instance) -> None:
    with starting.alone(instance):
        if starting.is_up(instance):
            raise Trouble(
                f"Instance '{instance.name}' is up already, and may be somebody's.",
                f"python -m native down --instance {instance.name},"
                " or give another --instance.",
            )
        for each in instance.home.iterdir():
            if each.is_dir():
                shutil.rmtree(each)
            elif each.name != "lock":
                each.unlink()


@contextmanager
def undisturbed() -> Iterator[None]:
    """Whoever is impatient now would leave processes behind."""
    endings = (signal.SIGINT, signal.SIGTERM)
    before = {each: signal.signal(each, signal.SIG_IGN) for each in endings}
    try:
        yield
    finally:
        for ending, handler in before.items():
            signal.signal(ending, handler)


def _without_telemetry_settings() -> None:
    """What the user's shell says of telemetry would be measured along."""
    for name in [each for each in os.environ if each.startswith("OTEL_")]:
        del os.environ[name]
