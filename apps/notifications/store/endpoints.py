"""Where merchants want to be told."""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Protocol

from apps.kit.database import Database

MERCHANTS = ("M-01", "M-02")

KNOWN_FOR_S = 5.0
"""A merchant with a new endpoint is told there after so long at the latest."""

ENDPOINT = """
INSERT INTO endpoint (ref, merchant_id, url) VALUES ($1, $2, $3)
ON CONFLICT (ref) DO UPDATE SET merchant_id = excluded.merchant_id, url = excluded.url
"""
TARGETS = """
SELECT merchant_id, ref FROM endpoint WHERE merchant_id = ANY($1::text[]) ORDER BY ref
"""


class Targets:
    """The endpoints of merchants, each asked for once in a while."""

    def __init__(
        self, database: Database, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._database = database
        self._clock = clock
        self._known: dict[str, Sequence[str]] = {}
        self._until = 0.0

    async def of(self, merchants: Collection[str]) -> Mapping[str, Sequence[str]]:
        """All who were asked for; whoever has no endpoint wants to hear of nothing."""
        if self._clock() >= self._until:
            self._known = {}
            self._until = self._clock() + KNOWN_FOR_S
        known = self._known
        if unknown := set(merchants) - known.keys():
            known |= await self._asked(unknown)
        return {merchant: known[merchant] for merchant in merchants}

    async def _asked(self, merchants: Collection[str]) -> Mapping[str, Sequence[str]]:
        found: dict[str, list[str]] = {merchant: [] for merchant in merchants}
        async with self._database.connection() as db:
            for row in await db.fetch(TARGETS, list(merchants)):
                found[row["merchant_id"]].append(row["ref"])
        return found

    async def offer(self, merchant_id: str, url: str) -> None:
        """From now on this is where the merchant wants to be told."""
        async with self._database.connection() as db:
            await db.execute(ENDPOINT, f"{merchant_id}/webhook", merchant_id, url)
        self._known.pop(merchant_id, None)


class Offers(Protocol):
    async def offer(self, merchant_id: str, url: str) -> None: ...


class Endpoints:
    """A part that keeps at each start where the demo's merchants want to be told."""

    def __init__(self, store: Offers, url: str) -> None:
        self._store = store
        self._url = url

    async def start(self) -> None:
        for merchant in MERCHANTS:
            await self._store.offer(merchant, self._url)

    async def stop(self) -> None:
        """They stay."""

    async def is_ready(self) -> bool:
        return True
