"""Cards as rows: known by digest, their numbers kept only sealed."""

from typing import cast

import asyncpg

from apps.kit.database import Connection
from apps.kit.values import Pan, uuid7

from ..domain.cards import Card, Expiry, brand_of
from .rows import card_of
from .vault import Vault

CARD = "SELECT card_token, brand, last4, blocked FROM card WHERE pan_hmac = $1"
INSERT_CARD = """
INSERT INTO card (card_token, pan_hmac, pan_ciphertext, key_id, brand, last4,
    expiry_month, expiry_year)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (pan_hmac) DO NOTHING
"""
BLOCK = "UPDATE card SET blocked = true, blocked_reason = $2 WHERE card_token = $1"


async def known(db: Connection, vault: Vault, pan: Pan, expiry: Expiry) -> Card:
    """Find the card, or make it known under a fresh random token."""
    digest = vault.digest(pan)
    row = await db.fetchrow(CARD, digest)
    if row is None:
        await _seal(db, vault, digest, pan, expiry)
        row = await db.fetchrow(CARD, digest)
    return card_of(cast("asyncpg.Record", row))


async def block(db: Connection, card: Card, reason: str) -> None:
    await db.execute(BLOCK, card.token, reason)


async def _seal(
    db: Connection, vault: Vault, digest: bytes, pan: Pan, expiry: Expiry
) -> None:
    token = uuid7()
    sealed = (token, digest, vault.seal(pan, token), vault.key_id)
    shown = (brand_of(pan), pan.last4, expiry.month, expiry.year)
    await db.execute(INSERT_CARD, *sealed, *shown)
