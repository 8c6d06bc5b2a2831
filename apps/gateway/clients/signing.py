"""The keys that sign tokens: PEM files, the first made at first start."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from apps.kit.jwt import ALGORITHM, TYPE
from apps.kit.settings import EX_CONFIG, made_file

BITS = 2048


class SigningKeys:
    """One signs; those that signed before it are still shown to who verifies."""

    def __init__(self, signing: RSAKey, *before: RSAKey) -> None:
        self._signing = signing
        self.public: Mapping[str, RSAKey] = {
            key.thumbprint(): _public(key) for key in (signing, *before)
        }

    def sign(self, claims: Mapping[str, str | int]) -> str:
        header = {"alg": ALGORITHM, "kid": self._signing.thumbprint(), "typ": TYPE}
        return jwt.encode(header, dict(claims), self._signing, [ALGORITHM])

    def shown(self) -> dict[str, Any]:
        """The JSON Web Key Set (RFC 7517): nothing of it is secret."""
        return {"keys": [key.as_dict(private=False) for key in self.public.values()]}


def signing_keys(path: Path) -> SigningKeys:
    """The key in the file, and those beside it whose names only add an ending.

    To change the key: rename `signing-key` to `signing-key.old`, start anew, and delete
    the old one when the last token that it signed has expired, an hour later.
    """
    made_file(path, _made)
    before = sorted(path.parent.glob(f"{path.name}.*"))
    return SigningKeys(_read(path), *(_read(each) for each in before))


def _made() -> bytes:
    return RSAKey.generate_key(BITS).as_pem(private=True)


def _read(path: Path) -> RSAKey:
    """A file that holds no private key of that strength stops the start."""
    try:
        key = RSAKey.import_key(path.read_bytes())
        is_good = key.is_private and key.public_key.key_size >= BITS
    except (OSError, JoseError, ValueError, TypeError):
        is_good = False
    if not is_good:
        sys.stderr.write(
            f"GATEWAY_SIGNING_KEY_FILE: {path}: no RSA key of {BITS} bits (PEM)\n"
        )
        raise SystemExit(EX_CONFIG)
    return key


def _public(key: RSAKey) -> RSAKey:
    facts = {"use": "sig", "alg": ALGORITHM, "kid": key.thumbprint()}
    return RSAKey.import_key({**key.as_dict(private=False), **facts})
