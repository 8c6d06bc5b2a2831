"""Tokens for tests: good ones, and those that somebody bent."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256, SHA512
from joserfc import jws
from joserfc.jwk import ECKey, RSAKey

from apps.kit.values import now

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
KEY, OTHER = RSAKey.generate_key(2048), RSAKey.generate_key(2048)
CURVE = ECKey.generate_key("P-256")
GOOD = {"kid": "one", "typ": "at+jwt", "alg": "RS256"}


def said(at=NOON, **changes):
    """Good claims, but for the changes; what is None is left out."""
    second = int(at.timestamp())
    plain = {
        "iss": "payscope",
        "aud": "payscope",
        "sub": "m-01",
        "client_id": "m-01",
        "merchant_id": "M-01",
        "scope": "payments:read payments:write",
        "iat": second,
        "nbf": second,
        "exp": second + 3600,
    }
    return {name: v for name, v in (plain | changes).items() if v is not None}


def signed(claims=None, key=KEY, **header):
    """A token that this key signed, whatever is in it; a header that is None is not."""
    head = {name: v for name, v in (GOOD | header).items() if v is not None}
    if head["alg"] == "ES256":
        return jws.serialize_compact(head, json.dumps(said()), key, ["ES256"])
    text = f"{part(head)}.{part(said() if claims is None else claims)}"
    digest = SHA512() if head["alg"] == "RS512" else SHA256()
    return f"{text}.{part(key.private_key.sign(text.encode(), PKCS1v15(), digest))}"


def good_now(**changes):
    return signed(said(now(), **changes))


def part(value):
    """A part of a token, as it is sent."""
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def by_hmac(secret, **header):
    """A token that takes a public key for a secret that signs."""
    text = f"{part(GOOD | {'alg': 'HS256'} | header)}.{part(said())}"
    return f"{text}.{part(hmac.digest(secret, text.encode(), hashlib.sha256))}"


def tampered(token, **claims):
    """The same signature under other claims."""
    head, _, signature = token.split(".")
    return f"{head}.{part(said(**claims))}.{signature}"


def served(**keys):
    """A key set as an issuer serves it, by the keys' ids."""
    shown = [
        {
            **key.as_dict(private=False),
            "kid": kid,
            "use": "sig",
            "alg": "RS256",
        }
        for kid, key in keys.items()
    ]
    return json.dumps({"keys": shown}).encode()
