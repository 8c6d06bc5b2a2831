"""More replicas, or fewer: what was broken off is done the next time."""

import io
import socket
from types import SimpleNamespace

import pytest
from rich.console import Console

from native import starting
from native.ports import Ports
from native.shape import CALLERS, CONSOLE, PROBE, TRAFFIC, Shape
from native.supervise import State
from native.trouble import Trouble
from tests.conftest import free_port


class Supervised:
    """A supervisor that is up, and may be broken off when it has adapted so far."""

    def __init__(self, *running):
        self.is_up = True
        self.running = list(running)
        self.stopped = set()
        self.breaks_off_at = None
        self.adapted = []

    def processes(self):
        return [
            State(name, _group(name), self._state(name), 1, 0) for name in self.running
        ]

    def _state(self, name):
        return "STOPPED" if name in self.stopped else "RUNNING"

    def start(self, name):
        self.stopped.remove(name)

    def adapt(self, prefix, wanted):
        self.adapted.append((prefix, wanted))
        kept = [name for name in self.running if not _group(name).startswith(prefix)]
        self.running = kept
        for group in sorted(wanted - {_group(name) for name in kept}):
            if group == self.breaks_off_at:
                raise KeyboardInterrupt
            number = group.removeprefix(prefix)
            of_group = [f"payments-{number}", f"bank-{number}"]
            self.running += [group] if group in CALLERS else of_group


def _group(name):
    if name in CALLERS:
        return name
    _, dash, number = name.partition("-")
    return f"replicas-{number}" if dash else "services"


@pytest.fixture
def instance(tmp_path):
    class Here:
        name = "here"
        home = tmp_path

    Shape().save(Here)
    return Here


@pytest.fixture
def supervisor(monkeypatch):
    supervised = Supervised("payments", "bank")
    monkeypatch.setattr(starting, "Supervisor", lambda _: supervised)
    return supervised


@pytest.fixture
def ports(monkeypatch):
    ports = Ports({name: free_port() for name in Ports.load()})
    monkeypatch.setattr(starting.Ports, "load", lambda _: ports)
    monkeypatch.setattr(starting.configs, "write", lambda *_: None)
    monkeypatch.setattr(starting, "used_ports", _replicas_ports)
    return ports


@pytest.fixture(autouse=True)
def awaited(monkeypatch, supervisor):
    """The names that were waited for, of each time."""
    names = []

    def stack(*_):
        return [SimpleNamespace(name=name) for name in supervisor.running]

    def wait(instance, ports, processes, console):
        names.append([each.name for each in processes])

    monkeypatch.setattr(starting, "stack", stack)
    monkeypatch.setattr(starting.ready, "wait", wait)
    return names


def _replicas_ports(shape):
    return [each.port for each in shape.further()]


def scaled(instance, replicas, **more):
    return starting.up(instance, Console(file=io.StringIO()), replicas, **more)


def test_what_was_broken_off_is_done_the_next_time(instance, supervisor, ports):
    supervisor.breaks_off_at = "replicas-2"
    with pytest.raises(KeyboardInterrupt):
        scaled(instance, 2)
    assert Shape.load(instance).replicas == 1

    supervisor.breaks_off_at = None
    scaled(instance, 2)

    assert supervisor.adapted == [("replicas-", {"replicas-2"})] * 2
    assert Shape.load(instance).replicas == 2
    scaled(instance, 2)
    assert len(supervisor.adapted) == 2


@pytest.mark.parametrize("replicas", [None, 1])
def test_what_was_broken_off_half_way_is_taken_back(
    instance, supervisor, ports, replicas
):
    supervisor.breaks_off_at = "replicas-3"
    with pytest.raises(KeyboardInterrupt):
        scaled(instance, 3)
    assert "bank-2" in supervisor.running

    supervisor.breaks_off_at = None
    scaled(instance, replicas)

    assert supervisor.running == ["payments", "bank"]
    scaled(instance, replicas)
    assert len(supervisor.adapted) == 2


def test_a_taken_port_is_told_before_anything_changes(instance, supervisor, ports):
    taken = socket.create_server(("127.0.0.1", ports["REPLICA_BANK_2_PORT"]))
    with taken, pytest.raises(Trouble, match="REPLICA_BANK_2_PORT"):
        scaled(instance, 2)

    assert supervisor.adapted == []
    assert Shape.load(instance).replicas == 1


def test_a_replica_that_runs_already_takes_no_port_from_itself(
    instance, supervisor, ports
):
    supervisor.running = ["payments", "bank", "bank-2"]

    with socket.create_server(("127.0.0.1", ports["REPLICA_BANK_2_PORT"])):
        scaled(instance, 2)

    assert Shape.load(instance).replicas == 2


def test_traffic_begins_when_it_is_asked_for_and_once(instance, supervisor, ports):
    scaled(instance, None, traffic=True)

    assert supervisor.running == ["payments", "bank", TRAFFIC]
    scaled(instance, None, traffic=True)
    assert len(supervisor.adapted) == 1


def test_the_probe_comes_beside_what_runs_and_stays(instance, supervisor, ports):
    scaled(instance, None, traffic=True)
    scaled(instance, None, probe=True)
    scaled(instance, 2)

    assert supervisor.running[:4] == ["payments", "bank", TRAFFIC, PROBE]
    assert Shape.load(instance) == Shape(2, traffic=True, probe=True)


def test_traffic_goes_on_while_replicas_come_and_go(instance, supervisor, ports):
    scaled(instance, None, traffic=True)

    for replicas in (2, 1):
        scaled(instance, replicas)
        assert TRAFFIC in supervisor.running
        assert Shape.load(instance) == Shape(replicas, traffic=True)


def test_traffic_that_was_broken_off_begins_the_next_time(instance, supervisor, ports):
    supervisor.breaks_off_at = TRAFFIC
    with pytest.raises(KeyboardInterrupt):
        scaled(instance, None, traffic=True)
    assert not Shape.load(instance).traffic

    supervisor.breaks_off_at = None
    scaled(instance, None, traffic=True)

    assert TRAFFIC in supervisor.running


@pytest.mark.parametrize("name", sorted(CALLERS))
def test_a_caller_that_was_stopped_rests_until_it_is_asked_for(
    instance, supervisor, ports, awaited, name
):
    flag = {CONSOLE: "page"}.get(name, name)
    scaled(instance, None, **{flag: True})
    supervisor.stopped = {name}

    scaled(instance, None)
    assert supervisor.stopped == {name}
    assert awaited[-1] == ["payments", "bank"]

    scaled(instance, None, **{flag: True})
    assert supervisor.stopped == set()
    assert awaited[-1] == ["payments", "bank", name]


def test_a_service_that_was_stopped_is_started(instance, supervisor, ports, awaited):
    supervisor.stopped = {"bank"}

    scaled(instance, None)

    assert supervisor.stopped == set()
    assert awaited == [["payments", "bank"]]
