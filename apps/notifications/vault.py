"""The merchants' webhook secrets: each follows from one key, and none is kept."""

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from .domain.signing import Secret


class Vault:
    """Knows every merchant's secret by its name (HKDF, RFC 5869)."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def secret_of(self, merchant_id: str) -> Secret:
        info = b"payscope webhook secret " + merchant_id.encode()
        return Secret(HKDF(SHA256(), length=32, salt=None, info=info).derive(self._key))
