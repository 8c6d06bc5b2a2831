"""Servers of the tests' own on loopback: one that only counts, and one that misbehaves."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

Answer = Callable[[socket.socket], None]
"""What is done with a connection, once its request was read."""


@dataclass
class Listener:
    """Takes every connection, and remembers what it was asked."""

    port: int
    heard: list[bytes] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def listening(answers: Answer = lambda _line: None) -> Iterator[Listener]:
    """A server that is gone when the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        listener = Listener(server.getsockname()[1])

        def serve() -> None:
            with suppress(OSError):
                while True:
                    line, _ = server.accept()
                    threading.Thread(
                        target=_served, args=(line, listener, answers), daemon=True
                    ).start()

        threading.Thread(target=serve, daemon=True).start()
        yield listener
        server.shutdown(socket.SHUT_RDWR)


def _served(line: socket.socket, listener: Listener, answers: Answer) -> None:
    with line, suppress(OSError):
        listener.heard.append(line.recv(65_536))
        answers(line)
