"""Issuing tokens: the demonstration's own authorisation server."""

import json

from .. import signals
from ..domain.clients import Asked, Client, Granted, OAuthError, claims, granted
from ..ports import Issuing


def issue(asked: Asked, issuing: Issuing) -> dict[str, str | int] | OAuthError:
    """A token for who proves himself; an unknown name and a wrong secret are alike."""
    grant = granted(asked, issuing.clients)
    if isinstance(grant, OAuthError):
        signals.denied(grant)
        return grant
    signals.issued(grant)
    return _answer(grant, issuing)


async def issue_own(client: Client, issuing: Issuing) -> bytes:
    """The gateway's own token, as if it had been asked for over HTTP."""
    grant = Granted(client, " ".join(sorted(client.scopes)))
    return json.dumps(_answer(grant, issuing)).encode()


def _answer(grant: Granted, issuing: Issuing) -> dict[str, str | int]:
    """RFC 6749, 5.1."""
    said = claims(grant, issuing.terms, issuing.clock(), issuing.new_id())
    return {
        "access_token": issuing.keys.sign(said),
        "token_type": "Bearer",
        "expires_in": issuing.terms.life_s,
        "scope": grant.scope,
    }
