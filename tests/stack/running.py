"""The one stack of a test run: the real servers as plain processes, instance "test".

It begins without data: some tests leave books that do not fit. PAYSCOPE_KEEP=1 leaves
it up at the end, and uses it again the next time; PAYSCOPE_INSTANCE names another.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

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
