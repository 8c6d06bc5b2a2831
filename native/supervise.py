"""The supervisor of one instance, asked over its unix socket."""

import http.client
import socket
import time
import xmlrpc.client
from dataclasses import dataclass
from typing import Any, Self, cast

import psutil
from supervisor.xmlrpc import Faults

from .paths import Instance
from .trouble import Trouble

PATIENCE_S = 60.0
"""Longer than the longest orderly stop."""

AGAIN_S = 0.2

RUNNING = "RUNNING"
STOPPED = "STOPPED"
"""The state of what somebody stopped by its name; what died is in others."""

FELL = {Faults.SPAWN_ERROR, Faults.ABNORMAL_TERMINATION}
"""What supervisord says of who was gone within a second."""


@dataclass(frozen=True, slots=True)
class State:
    """One process as supervisord sees it."""

    name: str
    group: str
    state: str
    pid: int | None
    started: int
    """Unix time of its last start."""

    @property
    def is_running(self) -> bool:
        return self.state in {RUNNING, "STARTING"}

    @property
    def path(self) -> str:
        return f"{self.group}:{self.name}"


class Supervisor:
    """Starts, stops and kills processes by name."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        transport = _Transport(str(instance.socket))
        proxy = xmlrpc.client.ServerProxy("http://supervisor", transport=transport)
        self._ask = cast("Any", proxy).supervisor

    @classmethod
    def of(cls, instance: str) -> Self:
        return cls(Instance(instance))

    @property
    def is_up(self) -> bool:
        try:
            return str(self._ask.getState()["statename"]) == RUNNING
        except (OSError, http.client.HTTPException):
            return False

    def processes(self) -> list[State]:
        return [_state(told) for told in self._ask.getAllProcessInfo()]

    def process(self, name: str) -> State:
        known = {each.name: each for each in self.processes()}
        if name not in known:
            raise Trouble(f"No process '{name}'; there are: {', '.join(known)}.")
        return known[name]

    def pid(self, name: str) -> int | None:
        return self.process(name).pid

    def start(self, name: str) -> None:
        """Returns when it has stayed up for a second, if not at once then at a later try.

        Who falls as he starts is started again by supervisord. The collector does, once in
        a while: its receiver may be told something before its exporters' queues are there.
        """
        process = self.process(name)
        if process.is_running:
            return
        try:
            self._ask.startProcess(process.path)
        except xmlrpc.client.Fault as fault:
            if fault.faultCode not in FELL:
                raise
            self._rises(name)

    def _rises(self, name: str) -> None:
        until = time.monotonic() + PATIENCE_S
        while self.process(name).state != RUNNING:
            if time.monotonic() > until:
                log = self._instance.logs / f"{name}.log"
                raise Trouble(
                    f"{name} falls again and again as it starts.", f"Read {log}"
                )
            time.sleep(AGAIN_S)

    def stop(self, name: str) -> None:
        """Returns when it is gone; it stays away until started again."""
        process = self.process(name)
        if process.is_running:
            self._ask.stopProcess(process.path)

    def kill(self, name: str, signal: str = "KILL") -> None:
        """What an accident does: it is to come back by itself."""
        self._ask.signalProcess(self.process(name).path, signal)

    def adapt(self, prefix: str, wanted: set[str]) -> None:
        """Of the groups called so, these run and no others; the rest stays as it is."""
        self._ask.reloadConfig()
        running = {each.group for each in self.processes()}
        for group in sorted(wanted - running):
            self._ask.addProcessGroup(group)
        for group in sorted(running - wanted):
            if group.startswith(prefix):
                self._ask.stopProcessGroup(group)
                self._ask.removeProcessGroup(group)

    def renew(self, group: str) -> None:
        """Its processes start anew, as the configuration says by now."""
        self._ask.reloadConfig()
        self._ask.stopProcessGroup(group)
        self._ask.removeProcessGroup(group)
        self._ask.addProcessGroup(group)

    def shutdown(self) -> None:
        """Stop all, services first, then supervisord itself; returns when it is gone."""
        pid = int(self._ask.getPID())
        self._ask.shutdown()
        deadline = time.monotonic() + PATIENCE_S
        while psutil.pid_exists(pid) and time.monotonic() < deadline:
            time.sleep(0.1)


def _state(told: dict[str, Any]) -> State:
    return State(
        name=told["name"],
        group=told["group"],
        state=told["statename"],
        pid=told["pid"] or None,
        started=told["start"],
    )


class _Connection(http.client.HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, path: str) -> None:
        super().__init__("supervisor", timeout=PATIENCE_S)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(PATIENCE_S)
        self.sock.connect(self._path)


class _Transport(xmlrpc.client.Transport):
    """One connection per question, so that none is left open."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self._path = path

    def make_connection(self, host: object) -> http.client.HTTPConnection:
        self._connection = ("supervisor", _Connection(self._path))
        return self._connection[1]

    def single_request(self, *asked: Any, **how: Any) -> Any:
        try:
            return super().single_request(*asked, **how)
        finally:
            self.close()
