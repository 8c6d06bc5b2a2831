"""Tokens from an instance's own issuer, each asked for once and used while it is good."""

import os
import time
from collections.abc import Generator
from dataclasses import dataclass

import httpx

from .backends import PLAIN

TILL = "till"
"""Pays for every merchant, as whoever runs the tills of many shops."""

OPS = "ops"
MERCHANT = "m-01"
PLACE = "/oauth/token"

USED_FOR = 0.8
"""The part of a token's life after which another is asked for."""

_known: dict[tuple[str, str], tuple[str, float]] = {}


@dataclass
class Denied(Exception):
    """The issuer answers, and gives no token."""

    said: str


def token(url: str, client_id: str = TILL) -> str:
    """A token that is good for a while yet; httpx.HTTPError where nobody answers."""
    found, good_until = _known.get((url, client_id), ("", 0.0))
    if time.monotonic() < good_until:
        return found
    asked_at = time.monotonic()
    answer = httpx.post(
        f"{url}{PLACE}",
        data={"grant_type": "client_credentials"},
        auth=(client_id, secret(client_id)),
        trust_env=False,
        verify=PLAIN,
    )
    if answer.is_error:
        raise Denied(f"{client_id}: {answer.status_code} {answer.text[:200]}")
    said = answer.json()
    good_until = asked_at + USED_FOR * float(said["expires_in"])
    _known[url, client_id] = said["access_token"], good_until
    return str(said["access_token"])


def secret(client_id: str) -> str:
    """The demonstration's, unless one is given."""
    return os.environ.get("PAYSCOPE_CLIENT_SECRET", f"payscope-demo-{client_id}")


class Bearing(httpx.Auth):
    """Puts a client's token on what is sent without one."""

    def __init__(self, client_id: str, issuer: str = "") -> None:
        self._client_id = client_id
        self._issuer = issuer

    def sync_auth_flow(
        self, request: httpx.Request
    ) -> Generator[httpx.Request, httpx.Response, None]:
        """Without another issuer, whoever is asked issues, as the gateway does."""
        if "Authorization" not in request.headers:
            issuer = self._issuer or str(request.url.copy_with(raw_path=b"/"))
            bearer = token(issuer.rstrip("/"), self._client_id)
            request.headers["Authorization"] = f"Bearer {bearer}"
        yield request
