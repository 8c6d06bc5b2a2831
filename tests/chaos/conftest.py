"""A stack of their own for these tests: two replicas, and links that can be broken.

Instance "chaos"; PAYSCOPE_KEEP=1 leaves it up. What the rows found is written to
.data/chaos/chaos/, whence `make chaos` and `make outages` put it into
docs/reliability.md.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from native.backends import until
from native.faults import Faults
from tests.chaos.drill import Drill
from tests.chaos.rows import Row
from tests.stack.running import at_most, folder_of, up
from tests.stack.stack import Stack

INSTANCE = "chaos"
HERE = Path(__file__).parent

WARM_RATE, WARM_S = 5.0, 6.0
"""Connections are made, and statements prepared, before anything is compared."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A row waits for what takes its time; starting the stack may take longer still."""
    at_most(600, items, HERE)


@pytest.fixture(scope="package")
def stack() -> Iterator[Stack]:
    with up(INSTANCE, "--replicas", "2", "--faults") as stack:
        yield stack


@pytest.fixture(scope="package")
def faults(stack: Stack) -> Iterator[Faults]:
    """Links between services that can be broken; whole again at the end."""
    found = Faults(stack.ports)
    found.clear()
    yield found
    found.clear()


@pytest.fixture(scope="package")
def folder(stack: Stack) -> Path:
    return folder_of(stack)


Begin = Callable[[str, str], Drill]


@pytest.fixture
def begin(stack: Stack, faults: Faults, folder: Path) -> Iterator[Begin]:
    """Begins a row on a stack that is well; whatever becomes of it, its file is written."""
    begun: list[Row] = []

    def named(name: str, fault: str) -> Drill:
        begun.append(Row(name, fault))
        drill = Drill(stack, faults, begun[-1], folder)
        until(drill.is_well, within=60, every=0.5)
        return drill

    yield named
    for row in begun:
        row.write(folder)


@pytest.fixture
def drill(begin: Begin, stack: Stack, faults: Faults, folder: Path) -> Drill:
    """For what is no row of its own."""
    drill = Drill(stack, faults, Row("", ""), folder)
    until(drill.is_well, within=60, every=0.5)
    return drill
