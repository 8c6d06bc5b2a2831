"""A till's token: asked for once, and again before it ends."""

import json
import os
import time
from base64 import b64encode
from threading import Lock
from urllib.request import ProxyHandler, Request, build_opener

CLIENT = os.environ.get("LOAD_CLIENT_ID", "till")
SECRET = os.environ.get("LOAD_CLIENT_SECRET", f"payscope-demo-{CLIENT}")
USED_FOR = 0.8
PATIENCE_S = 5.0

_direct = build_opener(ProxyHandler({}))
_known: dict[str, tuple[str, float]] = {}
_asking = Lock()
"""A hundred users who begin at once ask once."""


def bearer(url: str) -> dict[str, str]:
    """The header that a request to this gateway needs; OSError where it is away."""
    with _asking:
        token, good_until = _known.get(url, ("", 0.0))
        asked_at = time.monotonic()
        if asked_at >= good_until:
            said = _issued(url)
            token = str(said["access_token"])
            _known[url] = token, asked_at + USED_FOR * float(str(said["expires_in"]))
    return {"Authorization": f"Bearer {token}"}


def _issued(url: str) -> dict[str, object]:
    proof = b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
    request = Request(  # noqa: S310  (the gateway that the load is for)
        f"{url.rstrip('/')}/oauth/token",
        b"grant_type=client_credentials",
        {"Authorization": f"Basic {proof}"},
    )
    with _direct.open(request, timeout=PATIENCE_S) as answer:
        found: dict[str, object] = json.load(answer)
        return found
