"""Faults as one writes them, and as callers meet them."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from native import builds
from native.backends import client, until
from native.faults import KINDS, Fault, Faults, proxies, written
from native.ports import Ports
from native.shape import Replica, Shape, proxied
from native.trouble import Trouble
from tests.conftest import free_port, running

BODY = b"x" * 1000


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("latency=5000", Fault("latency", 5000)),
        ("bandwidth=1", Fault("bandwidth", 1)),
        ("slow_close=20", Fault("slow_close", 20)),
        ("reset", Fault("reset", 0)),
        ("reset=100", Fault("reset", 100)),
        ("timeout", Fault("timeout", 0)),
        ("cut=10", Fault("cut", 10)),
        ("down", Fault("down")),
    ],
)
def test_a_fault_is_read_as_it_is_written(text, fault):
    assert Fault.of(text) == fault
    assert Fault.of(str(fault)) == fault


@pytest.mark.parametrize(
    "text", ["", "late", "latency", "latency=", "latency=-1", "latency=1.5", "down=1"]
)
def test_what_is_no_fault_is_told_what_there_is(text):
    with pytest.raises(Trouble) as trouble:
        Fault.of(text)

    assert written() in trouble.value.remedy
    assert all(kind in written() for kind in KINDS)


@pytest.mark.parametrize("replicas", [0, -1, 4])
def test_so_many_replicas_are_not_possible(replicas):
    with pytest.raises(Trouble, match="not possible"):
        Shape(replicas)


def test_each_replica_has_a_proxy_and_ports_of_its_own():
    ports = Ports.load()
    everybody = proxied(Shape(3))
    used = [ports[name] for each in everybody for name in (each.port, each.proxy_port)]

    assert len(set(used)) == len(used)
    assert {each["name"] for each in proxies(ports, Shape(3))} >= {
        "bank-1",
        "bank-3",
        "fraud-1",
    }


@pytest.fixture
def upstream():
    """A bank that answers a thousand bytes at once."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("content-length", str(len(BODY)))
            self.end_headers()
            self.wfile.write(BODY)

        def log_message(self, *_args):
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


@pytest.fixture
def ports(tmp_path, upstream):
    """A fault proxy before two replicas of the bank."""
    names = {"TOXIPROXY_PORT"} | {
        name for each in proxied(Shape(2)) for name in (each.port, each.proxy_port)
    }
    ports = Ports(
        {name: free_port() for name in sorted(names)}
        | {"BANK_PORT": upstream, "REPLICA_BANK_2_PORT": upstream}
    )
    (tmp_path / "toxiproxy.json").write_text(json.dumps(proxies(ports, Shape(2))))
    command = [str(builds.program("toxiproxy")), "-host", "127.0.0.1"]
    command += ["-port", str(ports["TOXIPROXY_PORT"])]
    with running([*command, "-config", str(tmp_path / "toxiproxy.json")]):
        faults = Faults(ports)
        until(lambda: _is_up(faults))
        yield ports


def _is_up(faults):
    try:
        return "bank-2" in faults._proxies()
    except Trouble:
        return False


def asked(ports, number=1):
    with client(2.0) as http:
        begun = time.monotonic()
        answer = http.get(ports.url(Replica("bank", number).proxy_port))
        return len(answer.content), time.monotonic() - begun


@pytest.mark.stack
def test_a_fault_is_met_while_it_is_there_and_never_after(ports):
    faults = Faults(ports)
    assert asked(ports)[0] == 1000

    with faults.latency("bank-1", 300):
        assert asked(ports)[1] >= 0.3
        assert asked(ports, 2)[1] < 0.3
        assert faults.active() == {"bank-1": ["latency=300"]}
    with faults.down("bank"):
        for number in (1, 2):
            with pytest.raises(httpx.ConnectError):
                asked(ports, number)
        assert faults.active() == {"bank-1": ["down"], "bank-2": ["down"]}
    with faults.reset("bank-1"), pytest.raises(httpx.ReadError):
        asked(ports)
    with faults.cut("bank-1", 500), pytest.raises(httpx.RemoteProtocolError):
        asked(ports)

    assert asked(ports)[0] == asked(ports, 2)[0] == 1000
    assert faults.active() == {}


@pytest.mark.stack
def test_the_same_fault_again_replaces_the_first(ports):
    faults = Faults(ports)
    faults.set("bank", Fault.of("latency=5000"))
    faults.set("bank", Fault.of("latency=1"))
    faults.set("bank-2", Fault.of("down"))

    assert faults.active() == {
        "bank-1": ["latency=1"],
        "bank-2": ["down", "latency=1"],
    }
    faults.clear()
    assert faults.active() == {}


@pytest.mark.stack
def test_a_service_that_is_not_there_is_told_who_is(ports):
    with pytest.raises(Trouble) as trouble:
        Faults(ports).set("bnak", Fault.of("down"))

    assert "bank" in trouble.value.remedy


def test_without_the_fault_proxy_one_is_told_how_to_have_it():
    with pytest.raises(Trouble) as trouble:
        Faults(Ports({"TOXIPROXY_PORT": free_port()})).active()

    assert "FAULTS=1" in trouble.value.remedy


def test_a_fault_that_half_succeeded_does_not_stay(monkeypatch):
    """The first replica has it, the second fails: nobody keeps it."""
    faults, there = Faults(Ports({"TOXIPROXY_PORT": free_port()})), set()

    def half(name, _fault):
        there.add(f"{name}-1")
        raise Trouble("The fault proxy does not do as it is told.")

    monkeypatch.setattr(faults, "set", half)
    monkeypatch.setattr(faults, "clear", lambda _name: there.clear())

    with pytest.raises(Trouble), faults.put("bank", "down"):
        pass

    assert there == set()
