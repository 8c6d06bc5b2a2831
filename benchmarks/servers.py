"""PostgreSQL and NATS of a benchmark's own, without a stack around them."""

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from rich.console import Console

from benchmarks.serving import free_port
from native import builds, environment, postgres
from native.paths import Instance
from native.recipes import STACK


@dataclass(frozen=True)
class _Scratch(Instance):
    place: Path = Path()

    @property
    def home(self) -> Path:
        return self.place


@contextmanager
def running(command: list[str], **variables: str) -> Iterator[psutil.Process]:
    quiet = subprocess.DEVNULL
    with subprocess.Popen(  # noqa: S603  (our own servers)
        command, cwd="/", env=os.environ | variables, stdout=quiet, stderr=quiet
    ) as server:
        try:
            yield psutil.Process(server.pid)
        finally:
            server.terminate()
            server.wait(timeout=20)


@dataclass(frozen=True)
class Servers:
    """Where they are, and which processes they are."""

    database_url: str
    nats_url: str
    postgres: psutil.Process
    nats: psutil.Process


@contextmanager
def servers() -> Iterator[Servers]:
    """PostgreSQL and NATS of our own, with their data on disk; gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="payscope-bench-") as place:
        Path(place).chmod(0o755)  # PostgreSQL may run as another account
        (build,) = (build for build in STACK if build.name == "nats")
        builds.ensure(Console(stderr=True), (build,))
        instance = _Scratch(place=Path(place))
        postgres.prepare(instance)
        db, nats = free_port(), free_port()
        store = ["-js", "-sd", str(Path(place) / "nats")]
        address = ["-a", "127.0.0.1", "-p", str(nats)]
        program = str(builds.program("nats-server"))
        with (
            running(postgres.command(instance, db)) as keeps,
            running(
                [program, *store, *address], **environment.of_server("nats")
            ) as streams,
        ):
            while not postgres.is_ready(db):
                time.sleep(0.1)
            url = f"postgresql://backoffice:backoffice@127.0.0.1:{db}/backoffice"
            yield Servers(url, f"nats://127.0.0.1:{nats}", keeps, streams)
