"""A server in a process of its own, for as long as it is measured."""

import asyncio
import contextlib
import multiprocessing
import socket
import time
from collections.abc import Iterator
from typing import Any

from granian.constants import Interfaces
from granian.server.embed import Server

STARTS_WITHIN_S = 10.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until_open(port: int) -> None:
    """Wait until it takes connections, or long enough."""
    deadline = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < deadline:
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", port)),
        ):
            return
        time.sleep(0.05)


@contextlib.contextmanager
def serving(app: Any) -> Iterator[int]:
    """An ASGI app: the port at which it takes connections inside; outside it is gone."""
    port = free_port()
    server = multiprocessing.Process(target=_serve, args=(app, port), daemon=True)
    server.start()
    until_open(port)
    try:
        yield port
    finally:
        server.terminate()


def _serve(app: Any, port: int) -> None:
    server = Server(
        app,
        port=port,
        interface=Interfaces.ASGINL,
        websockets=False,
        log_enabled=False,
    )
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(server.serve())
