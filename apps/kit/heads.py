"""What the head of a request says: strangers write it, and all of it is told or goes on."""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from starlette.types import Scope

from apps.kit.masking import bounded, masked
from apps.kit.methods import METHODS

STATE_LIMIT = 512
"""Longest `tracestate` and `baggage` that go on, in characters: what W3C asks for."""

CARRIED = frozenset({"tracestate", "baggage"})

PATH_LIMIT = 512
HOST_LIMIT = 255
"""Longest path and name that are told, in characters; ours have some sixty."""

DEFAULT_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(
    r"(?:\[(?P<ipv6>[0-9A-Fa-f:.]+)\]|(?P<name>[^:\[\]]*))(?::(?P<port>[0-9]{0,5}))?"
)


def joined(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """A name sent twice has both values (RFC 9110, 5.3): two traceparents are none."""
    found: dict[str, str] = {}
    for key, value in headers:
        name, text = key.decode("latin-1"), value.decode("latin-1")
        found[name] = f"{found[name]},{text}" if name in found else text
    return found


def harmless(headers: Mapping[str, str]) -> Mapping[str, str]:
    """What a context carries goes to every service and span: no card number does."""
    if not headers.keys() & CARRIED:
        return headers
    return {
        name: text
        for name, text in headers.items()
        if name not in CARRIED or (len(text) <= STATE_LIMIT and masked(text) == text)
    }


def asked(scope: Scope, headers: Mapping[str, str]) -> dict[str, str | int]:
    """What is told of it before it is answered."""
    method = scope["method"] if scope["method"] in METHODS else "_OTHER"
    host, port = _named(headers.get("host", ""))
    return {
        "http.request.method": method,
        "url.scheme": scope["scheme"],
        "url.path": bounded(scope["path"], PATH_LIMIT),
        "server.address": host,
        "server.port": port or DEFAULT_PORTS.get(scope["scheme"], 80),
        "network.protocol.version": scope.get("http_version", "1.1"),
    }


@lru_cache(maxsize=256)
def _named(host: str) -> tuple[str, int]:
    """The name and the port of a Host header, 0 without; strangers write it."""
    found = _HOST.fullmatch(host)
    port = int(found["port"] or 0) if found else 0
    if found is None or port > 65_535:
        return bounded(host, HOST_LIMIT), 0
    return bounded(found["ipv6"] or found["name"] or "", HOST_LIMIT), port
