"""Tokens that no client is given: signed with the instance's own key, whatever they say."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from joserfc import jwt
from joserfc.jwk import RSAKey

from apps.kit.auth import SCOPES
from native.paths import Instance


@dataclass(frozen=True)
class Mint:
    """Holds the key that an instance's gateway made at its first start."""

    key: RSAKey

    @classmethod
    def of(cls, instance: Instance) -> "Mint":
        return cls.at(instance.home / "secrets" / "signing-key")

    @classmethod
    def at(cls, path: Path) -> "Mint":
        return cls(RSAKey.import_key(path.read_bytes()))

    def token(self, scopes: Iterable[str] = SCOPES, **changes: Any) -> str:
        """One of the house with these scopes, but for the changes; None drops a claim."""
        return self.signed(self.claims(scopes, **changes))

    def claims(self, scopes: Iterable[str] = SCOPES, **changes: Any) -> dict[str, Any]:
        now = int(time.time())
        said = {
            "iss": "payscope",
            "aud": "payscope",
            "sub": "tests",
            "client_id": "tests",
            "scope": " ".join(scopes),
            "iat": now,
            "nbf": now,
            "exp": now + 3600,
            "jti": uuid4().hex,
        }
        changed = said | changes
        return {name: value for name, value in changed.items() if value is not None}

    def signed(self, claims: dict[str, Any], **header: Any) -> str:
        """Signed by the right key, under a header that may lie."""
        right = {"alg": "RS256", "typ": "at+jwt", "kid": self.key.thumbprint()}
        changed = {k: v for k, v in (right | header).items() if v is not None}
        return jwt.encode(changed, claims, self.key, ["RS256"])
