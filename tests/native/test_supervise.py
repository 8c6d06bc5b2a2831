"""Who falls as he starts, and is started again, has started."""

import xmlrpc.client

import pytest
from supervisor.xmlrpc import Faults

from native import supervise
from native.paths import Instance
from native.supervise import Supervisor
from native.trouble import Trouble


class Asked:
    """supervisord, with one process, which falls so often as it starts."""

    def __init__(self, falls, code=Faults.SPAWN_ERROR):
        self.falls, self.code, self.state = falls, code, "STOPPED"

    def startProcess(self, _path):  # noqa: N802
        self.state = "BACKOFF"
        if self.falls:
            raise xmlrpc.client.Fault(self.code, "SPAWN_ERROR: collector:otelcol")
        self.state = "RUNNING"

    def getAllProcessInfo(self):  # noqa: N802
        told = {"name": "otelcol", "group": "collector", "pid": 1, "start": 0}
        if self.state == "BACKOFF":
            self.falls -= 1
            self.state = "BACKOFF" if self.falls > 0 else "RUNNING"
        return [told | {"statename": self.state}]


@pytest.fixture
def supervisor(monkeypatch):
    monkeypatch.setattr(supervise, "AGAIN_S", 0.0)

    def of(asked):
        supervisor = Supervisor(Instance("nobody"))
        supervisor._ask = asked
        return supervisor

    return of


@pytest.mark.parametrize("code", [Faults.SPAWN_ERROR, Faults.ABNORMAL_TERMINATION])
def test_who_falls_as_he_starts_is_waited_for(supervisor, code):
    asked = Asked(3, code)

    supervisor(asked).start("otelcol")

    assert asked.state == "RUNNING"
    assert asked.falls == 0


def test_who_never_rises_is_told_with_his_log(supervisor, monkeypatch):
    monkeypatch.setattr(supervise, "PATIENCE_S", 0.0)

    with pytest.raises(Trouble, match="falls again and again") as told:
        supervisor(Asked(10**9)).start("otelcol")

    assert "otelcol.log" in str(told.value.remedy)


def test_another_fault_is_none_of_that(supervisor):
    with pytest.raises(xmlrpc.client.Fault):
        supervisor(Asked(1, Faults.BAD_NAME)).start("otelcol")
