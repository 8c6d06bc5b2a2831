"""Whose token goes along: each is asked for once, and again before it ends."""

import json
import os
import time
from base64 import b64encode
from threading import Lock
from urllib.request import ProxyHandler, Request, build_opener

from loadtests.judging import NOBODY, TILL

MERCHANT = "m-01"
"""The merchant that looks at his own; M-01 to the shop."""

CLIENTS = {
    TILL: os.environ.get("LOAD_CLIENT_ID", "till"),
    MERCHANT: os.environ.get("LOAD_MERCHANT_ID", "m-01"),
}
SECRETS = {
    TILL: os.environ.get("LOAD_CLIENT_SECRET"),
    MERCHANT: os.environ.get("LOAD_MERCHANT_SECRET"),
}
USED_FOR = 0.8
PATIENCE_S = 5.0

Header = dict[str, str]

_direct = build_opener(ProxyHandler({}))
_known: dict[tuple[str, str], tuple[Header, float]] = {}
_asking = Lock()
"""A hundred users who begin at once ask once."""


def bearer(url: str, client: str = TILL) -> Header:
    """The header that a request to this gateway needs; OSError where it is away."""
    if client == NOBODY:
        return {}
    header, good_until = _known.get((url, client), ({}, 0.0))
    if time.monotonic() < good_until:
        return header
    with _asking:
        return _asked(url, client)


def _asked(url: str, client: str) -> Header:
    """Somebody else may have asked meanwhile."""
    header, good_until = _known.get((url, client), ({}, 0.0))
    asked_at = time.monotonic()
    if asked_at >= good_until:
        said = _issued(url, client)
        header = {"Authorization": f"Bearer {said['access_token']}"}
        good_until = asked_at + USED_FOR * float(str(said["expires_in"]))
        _known[url, client] = header, good_until
    return header


def _issued(url: str, client: str) -> dict[str, object]:
    name = CLIENTS[client]
    secret = SECRETS[client] or f"payscope-demo-{name}"
    proof = b64encode(f"{name}:{secret}".encode()).decode()
    request = Request(  # noqa: S310  (the gateway that the load is for)
        f"{url.rstrip('/')}/oauth/token",
        b"grant_type=client_credentials",
        {"Authorization": f"Basic {proof}"},
    )
    with _direct.open(request, timeout=PATIENCE_S) as answer:
        found: dict[str, object] = json.load(answer)
        return found
