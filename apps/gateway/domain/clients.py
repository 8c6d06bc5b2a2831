"""Who may have tokens, and what a token says of him."""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

NOBODY = "0" * 64
"""What a secret is compared with where there is no such client: it takes as long."""


class OAuthError(StrEnum):
    """Why there is no token (RFC 6749, 5.2)."""

    INVALID_REQUEST = "invalid_request"
    INVALID_CLIENT = "invalid_client"
    INVALID_SCOPE = "invalid_scope"
    UNSUPPORTED_GRANT_TYPE = "unsupported_grant_type"


@dataclass(frozen=True, slots=True)
class Client:
    """A program with a secret, of which we know the hash."""

    client_id: str
    secret_sha256: str
    scopes: frozenset[str]
    merchant_id: str | None = None
    """For whom it acts; None acts for the house."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request for a token."""

    grant_type: str
    client_id: str
    secret: str = field(repr=False)
    scope: str = ""


@dataclass(frozen=True, slots=True)
class Granted:
    """A client, and what it may do this time."""

    client: Client
    scope: str


def granted(asked: Asked, clients: Mapping[str, Client]) -> Granted | OAuthError:
    """What is asked for, or all that the client may do where nothing is."""
    if asked.grant_type != "client_credentials":
        return OAuthError.UNSUPPORTED_GRANT_TYPE
    client = clients.get(asked.client_id)
    given = hashlib.sha256(asked.secret.encode()).hexdigest()
    known = secrets.compare_digest(given, client.secret_sha256 if client else NOBODY)
    if client is None or not known:
        return OAuthError.INVALID_CLIENT
    wanted = frozenset(asked.scope.split()) or client.scopes
    if not wanted <= client.scopes:
        return OAuthError.INVALID_SCOPE
    return Granted(client, " ".join(sorted(wanted)))


@dataclass(frozen=True, slots=True)
class Terms:
    """What every token says."""

    issuer: str
    audience: str
    life_s: int


def claims(
    grant: Granted, terms: Terms, at: datetime, id_: UUID
) -> dict[str, str | int]:
    """What the token says (RFC 9068); of a merchant only where it acts for one."""
    client, issued_at = grant.client, int(at.timestamp())
    said: dict[str, str | int] = {
        "iss": terms.issuer,
        "aud": terms.audience,
        "sub": client.client_id,
        "client_id": client.client_id,
        "scope": grant.scope,
        "iat": issued_at,
        "nbf": issued_at,
        "exp": issued_at + terms.life_s,
        "jti": str(id_),
    }
    merchant = {"merchant_id": client.merchant_id} if client.merchant_id else {}
    return said | merchant
