"""The vault: card numbers sealed with AES-GCM, and found again by a keyed digest."""

import hmac
import os
from hashlib import sha256
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from apps.kit.values import Pan

NONCE = 12
"""Bytes of fresh randomness in front of each ciphertext (NIST SP 800-38D)."""


class Vault:
    """Seals and recognises under one secret; a digest never opens, a seal never finds."""

    def __init__(self, secret: bytes) -> None:
        self._sealing = AESGCM(_derived(secret, b"payscope pan sealing"))
        self._digesting = _derived(secret, b"payscope pan look-up")
        self._printing = _derived(secret, b"payscope order fingerprint")
        self.key_id = sha256(secret).hexdigest()[:8]

    def fingerprint(self, content: bytes) -> bytes:
        """Tell contents apart without keeping them: an order holds a card number."""
        return hmac.digest(self._printing, content, "sha256")

    def digest(self, pan: Pan) -> bytes:
        """The same for the same number, and of no use without the key."""
        return hmac.digest(self._digesting, pan.digits.encode(), "sha256")

    def seal(self, pan: Pan, token: UUID) -> bytes:
        """Encrypt, bound to its token: a seal moved to another row does not open."""
        nonce = os.urandom(NONCE)
        return nonce + self._sealing.encrypt(nonce, pan.digits.encode(), token.bytes)

    def open(self, sealed: bytes, token: UUID) -> Pan:
        """Raises cryptography's InvalidTag for another key, token or changed bytes."""
        nonce, ciphertext = sealed[:NONCE], sealed[NONCE:]
        return Pan(self._sealing.decrypt(nonce, ciphertext, token.bytes).decode())


def _derived(secret: bytes, purpose: bytes) -> bytes:
    return HKDF(SHA256(), length=32, salt=None, info=purpose).derive(secret)
