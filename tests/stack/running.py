"""The one stack of a test run: the real servers as plain processes, instance "test".

It begins without data: some tests leave books that do not fit. PAYSCOPE_KEEP=1 leaves
it up at the end, and uses it again the next time; PAYSCOPE_INSTANCE names another.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from native.backends import Backends
from native.gateway import Gateway
from native.paths import Instance
from native.ports import Ports
from native.supervise import Supervisor
from tests.stack.stack import Stack, command

INSTANCE = os.environ.get("PAYSCOPE_INSTANCE", "test")


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """All folders of tests share it: it starts once."""
    with up(INSTANCE) as stack:
        yield stack


@contextmanager
def up(instance: str, *words: str) -> Iterator[Stack]:
    """An instance that is up inside; the words are those of `native up`."""
    supervisor = Supervisor.of(instance)
    kept = bool(os.environ.get("PAYSCOPE_KEEP"))
    try:
        if not (kept or supervisor.is_up):
            command("clean", "--instance", instance, "--yes")
        if not (kept and supervisor.is_up):
            command("up", "--instance", instance, "--no-story", "--json", *words)
        ports = Ports.load(instance)
        with (
            Backends.of(ports) as backends,
            Gateway(ports.url("GATEWAY_PORT")) as gateway,
        ):
            yield Stack(Instance(instance), ports, gateway, backends, supervisor)
    finally:
        if not kept:
            command("down", "--instance", instance)


def at_most(seconds: float, items: Iterable[pytest.Item], below: Path) -> None:
    """Tests of that folder need a stack, and may take so long; its start is not counted."""
    for item in items:
        if below in item.path.parents:
            item.add_marker("stack")
            item.add_marker(pytest.mark.timeout(seconds, func_only=True))


def folder_of(stack: Stack) -> Path:
    """Where rows and histories of a run go; those of the last one are gone."""
    found = stack.instance.home / "chaos"
    found.mkdir(parents=True, exist_ok=True)
    for old in [*found.glob("*.json"), *found.glob("*.jsonl")]:
        old.unlink()
    return found
