"""What every test may ask for: the told telemetry, and the real servers it needs."""

import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from rich.console import Console

from apps.kit.testing import Told
from native import builds, postgres
from native.paths import Instance
from tests.stack.running import stack

__all__ = ["stack"]

HERE = Path(__file__).parent
ON_THE_STACK = [HERE / "stack", HERE / "owasp", HERE / "schema"]
LAST = [HERE / "owasp", HERE / "schema"]
"""They ask the bank for what no payment knows of: after them the books do not fit."""

_told: list[Told] = []


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All in these folders need the stack; starting it may take longer than a test."""
    for item in items:
        if any(folder in item.path.parents for folder in ON_THE_STACK):
            item.add_marker("stack")
            item.add_marker(pytest.mark.timeout(150, func_only=True))
    items.sort(key=_comes_last)


def _comes_last(item: pytest.Item) -> int:
    return max(0, *(n * (at in item.path.parents) for n, at in enumerate(LAST, 1)))


@pytest.fixture
def told() -> Told:
    """What the test's code told, on all three signals."""
    if not _told:
        _told.append(Told())
    _told[0].forget()
    return _told[0]


@pytest.fixture(scope="session")
def postgres_port() -> Iterator[int]:
    """A PostgreSQL 16 with each service's database, for the session."""
    with tempfile.TemporaryDirectory(prefix="payscope-") as place:
        Path(place).chmod(0o755)  # PostgreSQL may run as another account
        instance, port = _Scratch(place=Path(place)), free_port()
        postgres.prepare(instance)
        with running(postgres.command(instance, port)):
            _until_ready(port)
            yield port


@pytest.fixture(scope="session")
def nats_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A NATS server with JetStream, for the session."""
    (build,) = (build for build in builds.STACK if build.name == "nats")
    builds.ensure(Console(stderr=True), (build,))
    port, store = free_port(), tmp_path_factory.mktemp("nats")
    address = ["-a", "127.0.0.1", "-p", str(port)]
    command = [str(builds.program("nats-server")), "-js", "-sd", str(store), *address]
    with running(command):
        yield port


@pytest.fixture
def database_url(postgres_port: int) -> str:
    """An empty database of the test's own."""
    url = f"postgresql://payments:payments@127.0.0.1:{postgres_port}/payments"
    empty = "DROP SCHEMA public CASCADE; CREATE SCHEMA public"
    psql = [str(postgres.tool("psql")), "--quiet", "--no-psqlrc", url, "-c", empty]
    subprocess.run(psql, check=True, capture_output=True)
    return url


@dataclass(frozen=True)
class _Scratch(Instance):
    """An instance outside the tree."""

    place: Path = Path()

    @property
    def home(self) -> Path:
        return self.place


@contextmanager
def running(command: list[str]) -> Iterator[None]:
    """Run a server beside the tests; it is gone when the block ends."""
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, cwd="/", stdout=quiet, stderr=quiet) as server:
        try:
            yield
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(timeout=20)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _until_ready(port: int) -> None:
    deadline = time.monotonic() + 30
    while not postgres.is_ready(port):
        assert time.monotonic() < deadline
        time.sleep(0.1)
