"""Where an instance's ports come from."""

import contextlib
import os
import socket
import subprocess
import sys
import tempfile

import pytest

from native import claims, paths
from native.paths import Instance
from native.ports import CEILING, Ports, is_free
from native.trouble import Trouble


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    """Instances and claims of their own: this process may start stacks besides."""
    monkeypatch.setattr(paths, "DATA", tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    claims.file.cache_clear()
    for name in Ports.load():
        monkeypatch.delenv(name, raising=False)
    yield
    os.close(claims.file())
    claims.file.cache_clear()


def test_the_default_instance_has_the_ports_of_env():
    ports = Ports.plan(Instance())

    assert ports["GATEWAY_PORT"] == 8000
    assert ports.url("GRAFANA_PORT") == "http://127.0.0.1:3000"


def test_the_environment_moves_a_port(monkeypatch):
    monkeypatch.setenv("GATEWAY_PORT", "9000")

    assert Ports.plan(Instance())["GATEWAY_PORT"] == 9000


@pytest.mark.parametrize("wrong", ["", "x", "0", "65536", "-1", "80.5"])
def test_what_is_no_port_is_refused_by_name(monkeypatch, wrong):
    monkeypatch.setenv("BANK_PORT", wrong)

    with pytest.raises(Trouble, match="BANK_PORT"):
        Ports.plan(Instance())


def test_two_names_for_one_port_are_refused(monkeypatch):
    monkeypatch.setenv("BANK_PORT", "8000")

    with pytest.raises(Trouble, match="GATEWAY_PORT and BANK_PORT are both 8000"):
        Ports.plan(Instance())


def test_another_instance_is_shifted_as_a_whole():
    plain, shifted = Ports.plan(Instance()), Ports.plan(Instance("second"))

    assert len({shifted[name] - plain[name] for name in plain}) == 1
    assert set(plain.values()).isdisjoint(shifted.values())
    assert max(shifted.values()) < CEILING


def test_instances_stay_out_of_each_others_way():
    first = Ports.plan(Instance("first"))
    first.save(Instance("first"))

    second = Ports.plan(Instance("second"))

    assert set(first.values()).isdisjoint(second.values())


def test_an_instance_keeps_its_ports_as_long_as_they_are_free():
    before = Ports.plan(Instance("first"))
    before.save(Instance("first"))

    assert dict(Ports.load("first")) == dict(before)
    assert dict(Ports.plan(Instance("first"))) == dict(before)


def test_an_instance_moves_on_when_one_of_its_ports_is_taken():
    before = Ports.plan(Instance("first"))
    before.save(Instance("first"))

    with socket.create_server(("127.0.0.1", before["LOKI_PORT"])):
        after = Ports.plan(Instance("first"))

    assert after["LOKI_PORT"] != before["LOKI_PORT"]


def test_a_port_is_taken_by_who_listens_on_every_address():
    with socket.create_server(("0.0.0.0", 0)) as server:  # noqa: S104  (what is tested)
        assert not is_free(server.getsockname()[1])


STARTS = """
import sys
from pathlib import Path
from native import claims, paths
from native.ports import Ports
paths.DATA = Path(sys.argv[1])
print(min(Ports.plan(paths.Instance("same")).values()), flush=True)
sys.stdin.read()
"""
"""Who starts an instance of some tree: he has its ports, and nobody listens yet."""


@contextlib.contextmanager
def starting(tree):
    with subprocess.Popen(
        [sys.executable, "-c", STARTS, str(tree)],
        cwd=paths.ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield int(process.stdout.readline())


def test_trees_that_start_at_the_same_time_have_ports_of_their_own(tmp_path):
    trees = [tmp_path / name for name in "abcd"]

    with contextlib.ExitStack() as several:
        first = [several.enter_context(starting(tree)) for tree in trees]
        ours = min(Ports.plan(Instance("same")).values())

    assert len({*first, ours}) == len(trees) + 1


def test_who_has_broken_off_leaves_his_ports_to_the_next(tmp_path):
    with starting(tmp_path / "a") as before:
        pass

    with starting(tmp_path / "b") as after:
        assert after == before


def test_two_stacks_do_not_start_at_the_ports_of_env(tmp_path):
    chosen = Ports.plan(Instance())
    other = STARTS.replace('"same"', '"default"')

    done = subprocess.run(
        [sys.executable, "-c", other, str(tmp_path)],
        cwd=paths.ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )

    assert len(chosen) > 30
    assert "Another stack is just starting there" in done.stderr


def test_an_instance_that_never_ran_is_named():
    with pytest.raises(Trouble, match="'nowhere' was never started"):
        Ports.load("nowhere")


@pytest.mark.parametrize("name", ["", "../up", "A", "a b", "-x"])
def test_an_instance_has_a_plain_name(name):
    with pytest.raises(Trouble):
        Instance(name)
