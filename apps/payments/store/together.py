"""Keeps in one statement what several steps want kept at the same moment.

Each holds the two chains until it is committed: together they hold them once. Nobody
waits for more to come. Where one of them is refused, each is kept by itself.
"""

import asyncio
from contextvars import Context
from dataclasses import dataclass, field

import asyncpg

from apps.kit.database import Database
from apps.kit.queries import told

from ..domain.payment import ConcurrentChange, DuplicateReference
from . import keeping
from .keeping import Kept

REFUSED = (ConcurrentChange, DuplicateReference, asyncpg.PostgresError)
"""What may be the fault of one, and then is no other's."""


@dataclass(frozen=True)
class _Wish:
    kept: Kept
    done: asyncio.Future[int] = field(default_factory=asyncio.Future)
    """How many were kept with it."""

    def fails(self, fault: Exception) -> None:
        if not self.done.done():
            self.done.set_exception(fault)

    def is_kept(self, many: int) -> None:
        if not self.done.done():
            self.done.set_result(many)


class Together:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._wishes: list[_Wish] = []
        self._work: asyncio.Task[None] | None = None

    async def keep(self, kept: Kept) -> None:
        """Raises what `keeping.put` raises; the caller's trace shows the statement."""
        wish = _Wish(kept)
        self._wishes.append(wish)
        if self._work is None or self._work.done():
            work = self._all()
            self._work = asyncio.create_task(work, context=Context())  # nobody's trace
        with told(self._database.name, keeping.KEEP) as facts:
            many = await wish.done
            if many > 1:
                facts["db.operation.batch.size"] = many
        keeping.count(kept)

    async def _all(self) -> None:
        while self._wishes:
            await asyncio.sleep(0)  # whoever is as far comes along
            wishes, self._wishes = self._wishes, []
            await self._keep(wishes)

    async def _keep(self, wishes: list[_Wish]) -> None:
        try:
            async with self._database.at_once() as db:
                await keeping.put(db, keeping.merged([wish.kept for wish in wishes]))
        except Exception as fault:  # noqa: BLE001  (whoever waits hears it)
            if len(wishes) > 1 and isinstance(fault, REFUSED):
                for wish in wishes:
                    await self._keep([wish])
            else:
                _all_fail(wishes, fault)
        else:
            for wish in wishes:
                wish.is_kept(len(wishes))


def _all_fail(wishes: list[_Wish], fault: Exception) -> None:
    for wish in wishes:
        wish.fails(fault)
