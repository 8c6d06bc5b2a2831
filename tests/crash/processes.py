"""Services and servers as processes of our own: started, frozen, killed, seen to die."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx

from native.paths import ROOT

STARTS_WITHIN_S = 150.0
DIES_WITHIN_S = 90.0


class Process:
    """One program under one environment; what it says goes to a file."""

    def __init__(
        self,
        name: str,
        command: list[str],
        said: Path,
        port: int,
        environment: Mapping[str, str],
        probe: str,
    ):
        self.name = name
        self.url = f"http://127.0.0.1:{port}"
        self._command = command
        self._said = said
        self._environment = environment
        self._probe = probe
        self._told: Mapping[str, str] = {}
        self._running: subprocess.Popen | None = None

    def begin(self, **told: str):
        """It is on its way up; `told` is added to its environment this time."""
        self._told = told
        environment = {**os.environ, **self._environment, **told}
        with self._said.open("ab") as said:
            self._running = subprocess.Popen(
                self._command,
                cwd=ROOT,
                env=environment,
                stdout=said,
                stderr=subprocess.STDOUT,
            )

    async def is_up(self):
        """Returns when it does its work."""
        end = time.monotonic() + STARTS_WITHIN_S
        async with httpx.AsyncClient(trust_env=False, timeout=2) as http:
            while True:
                with suppress(httpx.TransportError):
                    if (await http.get(self.url + self._probe)).is_success:
                        return
                assert self._running.poll() is None, f"{self.name} ended: {self.tail()}"
                assert time.monotonic() < end, f"{self.name} is not up: {self.tail()}"
                await asyncio.sleep(0.05)

    async def start(self, **told: str):
        self.begin(**told)
        await self.is_up()

    async def restart(self, **told: str):
        """As after a failure: nothing is stopped in good order."""
        self.kill()
        await self.start(**told)

    async def died(self) -> int:
        """Its exit code, once it has ended by itself."""
        end = time.monotonic() + DIES_WITHIN_S
        while (code := self._running.poll()) is None:
            assert time.monotonic() < end, f"{self.name} still lives"
            await asyncio.sleep(0.02)
        return code

    @property
    def lives(self) -> bool:
        return self._running is not None and self._running.poll() is None

    @property
    def is_itself(self) -> bool:
        """It lives, and was told nothing that only one test wanted."""
        return self.lives and not self._told

    def kill(self):
        """As `kill -9`; gone when this returns."""
        if self._running is not None:
            self._running.kill()
            self._running.wait()

    def freeze(self):
        """It keeps its sockets, and does nothing."""
        self._running.send_signal(signal.SIGSTOP)

    def thaw(self):
        self._running.send_signal(signal.SIGCONT)

    def told(self, event: str) -> list[dict[str, Any]]:
        """Its log lines of that name, from all its lives."""
        lines = self._said.read_text(errors="replace").splitlines()
        told = [json.loads(line) for line in lines if f'"{event}"' in line]
        return [line for line in told if line["event"] == event]

    def tail(self) -> str:
        return self._said.read_text(errors="replace")[-3000:]


def service(
    name: str, port: int, said: Path, environment: Mapping[str, str]
) -> Process:
    """One of ours; quiet on OTLP, so that nothing waits for a collector."""
    own = {
        "OTEL_SDK_DISABLED": "true",
        "OTEL_SERVICE_NAME": name,
        "NO_PROXY": "127.0.0.1",
        f"{name.upper()}_PORT": str(port),
        **environment,
    }
    command = [sys.executable, "-m", f"apps.{name}"]
    return Process(name, command, said, port, own, "/readyz")
