"""A stack of its own for the drill of alerts: probe, fault proxy, a small queue.

Instance "alerts"; PAYSCOPE_KEEP=1 leaves it up. What was seen is written to
.data/alerts/chaos/, whence `make alerts-drill` puts it into docs/alerts.md.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.tills import Tills, usual
from loadtests.history import History
from native.backends import until
from tests.alerts import hastened
from tests.alerts.watching import Watch
from tests.stack.running import at_most, folder_of, up
from tests.stack.stack import Stack

INSTANCE = "alerts"
HERE = Path(__file__).parent
RATE = 4.0

QUEUE_BYTES = str(4 << 20)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """An alert takes its time; starting the stack may take longer still."""
    at_most(600, items, HERE)


@pytest.fixture(scope="package")
def stack() -> Iterator[Stack]:
    os.environ["QUEUE_BYTES"] = QUEUE_BYTES
    try:
        with up(INSTANCE, "--faults", "--probe") as stack:
            yield stack
    finally:
        del os.environ["QUEUE_BYTES"]


@pytest.fixture(scope="package")
def folder(stack: Stack) -> Path:
    return folder_of(stack)


@pytest.fixture(scope="package")
def quick(stack: Stack) -> frozenset[str]:
    """Prometheus looks at the hastened rules from now on; which alerts those are."""
    alerts = hastened.write(stack.instance.home / "prometheus" / "rules")
    stack.supervisor.kill("prometheus", "HUP")
    loaded = stack.backends.prometheus

    def is_loaded() -> bool:
        groups = loaded.json("/api/v1/rules")["data"]["groups"]
        return {each["interval"] for each in groups} <= {3, 6, 30}

    until(is_loaded, within=30)
    return alerts


@pytest.fixture(scope="package")
def history(stack: Stack, folder: Path) -> Iterator[Path]:
    """Somebody pays all the time: what nobody asks for cannot fail."""
    file = folder / "history.jsonl"
    with Tills(stack.ports.url("GATEWAY_PORT"), History(file), patient=False).open(
        RATE, usual
    ):
        until(lambda: file.is_file() and '"status": 201' in file.read_text(), within=30)
        yield file


@pytest.fixture(scope="package")
def watch(stack: Stack) -> Iterator[Watch]:
    with stack.service("backoffice") as office:
        office.json("/ops/alerts")
        yield Watch(stack, office)
