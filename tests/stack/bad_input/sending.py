"""Sends a case byte by byte: no client library mends it on its way."""

import contextlib
import http.client
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import uuid4

from native.tokens import token

from .case import JSON, Case, Written

TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: http.client.HTTPMessage
    body: str

    @property
    def text(self) -> str:
        """All of it, as one text to look for things in."""
        return f"{self.headers}\n{self.body}"


def sent(url: str, case: Case, places: Mapping[str, str]) -> Answer:
    """The answer to a case; `places` are the payments that its path may name."""
    host = urlsplit(url)
    address = (host.hostname or "", host.port or 80)
    bearer = token(url)
    path = case.path.format_map({**places, "token": bearer})
    head = _head(case, path, bearer)
    with socket.create_connection(address, timeout=TIMEOUT_S) as line:
        # A server that has seen enough hangs up before it was told everything.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            line.sendall(head)
            for piece in _pieces(case):
                line.sendall(piece)
        response = http.client.HTTPResponse(line, method=case.method)
        response.begin()
        body = response.read().decode()
        return Answer(response.status, response.headers, body)


def _head(case: Case, path: str, bearer: str) -> bytes:
    usual: dict[str, Written] = {
        "Host": "localhost",
        "Connection": "close",
        "Authorization": f"Bearer {bearer}",
        "Idempotency-Key": uuid4().hex,
        "Content-Type": JSON,
    }
    if case.is_chunked:
        usual["Transfer-Encoding"] = "chunked"
    elif case.body or case.method == "POST":
        usual["Content-Length"] = str(len(case.body))
    lines = [f"{case.method} {path} HTTP/1.1".encode()]
    for name, value in (usual | dict(case.headers)).items():
        lines += [name.encode() + b": " + each for each in _values(value, bearer)]
    return b"\r\n".join([*lines, b"", b""])


def _values(value: Written, bearer: str) -> list[bytes]:
    if value is None:
        return []
    if callable(value):
        return _values(value(bearer), bearer)
    if isinstance(value, list):
        return [each.encode() for each in value]
    return [value if isinstance(value, bytes) else value.encode()]


def _pieces(case: Case) -> Iterator[bytes]:
    if not case.is_chunked:
        yield case.body
        return
    for at in range(0, len(case.body), 4096):
        piece = case.body[at : at + 4096]
        yield b"%x\r\n%b\r\n" % (len(piece), piece)
    yield b"0\r\n\r\n"
