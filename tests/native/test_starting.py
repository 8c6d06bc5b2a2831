"""Starting and stopping for real: what stops leaves nothing, also after an accident."""

import os
import signal
import subprocess
import sys

import psutil
import pytest

from native.paths import MARK, ROOT, Instance
from native.ports import Ports, is_free
from native.processes import used_ports
from native.supervise import Supervisor

pytestmark = [pytest.mark.stack, pytest.mark.timeout(180)]

BRIEF = Instance("brief")


def native(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "native", *words, "--instance", BRIEF.name],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def remaining() -> list[int]:
    """Processes that carry the instance's mark."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK) == str(BRIEF.home):
                found.append(process.pid)
        except psutil.Error:
            continue
    return found


def taken() -> list[str]:
    ports = Ports.load(BRIEF.name)
    return [name for name in used_ports() if not is_free(ports[name])]


@pytest.fixture(autouse=True)
def _gone():
    yield
    native("down")
    native("clean", "--yes")


def test_an_instance_comes_twice_and_goes_without_a_trace():
    first = native("up", "--no-story")
    assert first.returncode == 0, first.stderr
    before = {state.name: state.pid for state in Supervisor(BRIEF).processes()}

    again = native("up", "--no-story")
    assert "is up already" in again.stdout
    after = {state.name: state.pid for state in Supervisor(BRIEF).processes()}
    assert after == before

    assert native("down").returncode == 0
    assert (remaining(), taken()) == ([], [])


def test_down_also_ends_what_has_lost_its_supervisor():
    assert native("up", "--no-story").returncode == 0
    os.kill(int(BRIEF.supervisor_pid.read_text()), signal.SIGKILL)

    down = native("down")

    assert "stopped" in down.stdout
    assert (remaining(), taken()) == ([], [])


def test_a_process_that_keeps_dying_ends_the_start_and_its_log_is_shown(monkeypatch):
    monkeypatch.setenv("BANK_LIMIT", "plenty")

    up = native("up", "--no-story")

    assert up.returncode == 1
    assert "bank does not stay up" in up.stderr
    assert "BANK_LIMIT" in up.stderr
    assert (remaining(), taken()) == ([], [])


class Asked:
    """A supervisor's answers; it remembers what it was told to do."""

    def __init__(self, *groups):
        self.groups = groups
        self.told = []

    def getAllProcessInfo(self):  # noqa: N802  (supervisord's own name)
        return [
            {
                "name": group,
                "group": group,
                "statename": "RUNNING",
                "pid": 1,
                "start": 0,
            }
            for group in self.groups
        ]

    def __getattr__(self, name):
        return lambda *words: self.told.append((name, *words))


@pytest.mark.parametrize(
    ("running", "wanted", "told"),
    [
        ((), {"replicas-2"}, [("addProcessGroup", "replicas-2")]),
        (("replicas-2",), {"replicas-2"}, []),
        (
            ("replicas-2", "replicas-3"),
            {"replicas-2"},
            [
                ("stopProcessGroup", "replicas-3"),
                ("removeProcessGroup", "replicas-3"),
            ],
        ),
    ],
)
def test_only_replicas_come_and_go(running, wanted, told):
    supervisor = Supervisor(Instance("test"))
    supervisor._ask = Asked("services", "base", *running)

    supervisor.adapt("replicas-", wanted)

    assert supervisor._ask.told == [("reloadConfig",), *told]
