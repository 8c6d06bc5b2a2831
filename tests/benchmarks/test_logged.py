import subprocess
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest

from benchmarks.growth.logged import logged
from benchmarks.growth.statements import executions, summed
from benchmarks.serving import free_port
from native import postgres
from native.paths import Instance

pytestmark = pytest.mark.postgres


@dataclass(frozen=True)
class Scratch(Instance):
    place: Path = Path()

    @property
    def home(self) -> Path:
        return self.place


@contextmanager
def server(instance):
    """A PostgreSQL that writes its log where we can read it."""
    port, log = free_port(), instance.home / "log"
    with (
        log.open("w") as writes,
        subprocess.Popen(
            postgres.command(instance, port), cwd="/", stdout=writes, stderr=writes
        ) as runs,
    ):
        while not postgres.is_ready(port):
            time.sleep(0.05)
        try:
            yield f"postgresql://bank:bank@127.0.0.1:{port}/bank", log
        finally:
            runs.terminate()


@pytest.fixture
def instance():
    with tempfile.TemporaryDirectory() as place:
        Path(place).chmod(0o755)  # PostgreSQL may run as another account
        made = Scratch(place=Path(place))
        postgres.prepare(made)
        yield made


async def test_what_is_asked_meanwhile_is_logged_and_nothing_after(instance):
    lines: list[str] = []
    with server(instance) as (url, log):
        db = await asyncpg.connect(url)
        with logged(postgres.data(instance), log, lines):
            for number in (1, 2, 3):
                await db.fetchval("SELECT\n\t$1::int + 1", number)
        written = log.stat().st_size
        await db.fetchval("SELECT 'nobody writes this'")
        assert log.stat().st_size == written
        await db.close()

    found = summed(executions(lines, "bank"))

    (times, ms, last) = found["SELECT\n\t$1::int + 1"]
    assert times == 3
    assert ms > 0
    assert last.literals == ("'3'",)
