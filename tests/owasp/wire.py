"""Requests byte by byte, for what no client library would send."""

import socket
import time
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

WAITS_S = 15.0


@dataclass(frozen=True)
class Heard:
    """What came back, after how long, and how much the other side had taken."""

    status: int | None
    text: str
    after_s: float
    sent: int


def line_to(url: str) -> socket.socket:
    host = urlsplit(url)
    address = (host.hostname or "", host.port or 80)
    return socket.create_connection(address, timeout=WAITS_S)


def head(request: str, **headers: str) -> bytes:
    lines = [f"{request} HTTP/1.1", "Host: localhost"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode()


def sent(url: str, *pieces: bytes) -> Heard:
    """Send until nobody listens any more, then read until nobody speaks any more."""
    begun, count = time.monotonic(), 0
    with line_to(url) as line:
        with suppress(OSError):
            for piece in pieces:
                line.sendall(piece)
                count += len(piece)
        text = read(line)
    return Heard(status_of(text), text, time.monotonic() - begun, count)


def read(line: socket.socket) -> str:
    """What comes until the line is closed; what came before it broke."""
    found = b""
    with suppress(OSError):
        while more := line.recv(65_536):
            found += more
            if b"\r\n\r\n" in found and b"content-length: 0" in found.lower():
                break
    return found.decode(errors="replace")


def status_of(text: str) -> int | None:
    words = text.split(" ", 2)
    return int(words[1]) if len(words) > 2 and words[0].startswith("HTTP/") else None
