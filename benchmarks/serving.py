"""A server in a process of its own, for as long as it is measured."""

import contextlib
import multiprocessing
import socket
import time
from collections.abc import Callable, Iterator

STARTS_WITHIN_S = 10.0


@contextlib.contextmanager
def serving(serve: Callable[[int], None]) -> Iterator[int]:
    """The port at which it takes connections inside; outside it is gone."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = multiprocessing.Process(target=serve, args=(port,), daemon=True)
    server.start()
    deadline = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < deadline:
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", port)),
        ):
            break
    try:
        yield port
    finally:
        server.terminate()
