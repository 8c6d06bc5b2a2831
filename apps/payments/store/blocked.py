"""EasyPay's blocked cards: numbers of no bank, kept to show rule R5.

Source: worldline/observability-workshop, easypay-service, data.sql.
"""

from apps.kit.values import Pan

from ..domain.cards import Expiry
from .payments import PostgresStore

NUMBERS = (
    "4485248221242242",
    "5261749597812879",
    "6011191990123805",
    "343506189778618",
    "36031319313683",
    "6289193933258511",
)
REASON = "listed by the issuer"
UNKNOWN = Expiry(12, 2099)


class BlockedCards:
    """A part that blocks them at each start: the vault's key is not in any file of ours."""

    def __init__(self, store: PostgresStore) -> None:
        self._store = store

    async def start(self) -> None:
        for number in NUMBERS:
            card = await self._store.card(Pan(number), UNKNOWN)
            if not card.is_blocked:
                await self._store.block(card, REASON)

    async def stop(self) -> None:
        """Blocked they stay."""

    async def is_ready(self) -> bool:
        return True
