"""What messages do: each event has its effect once, kept with the inbox or not at all.

A job is nobody's but its worker's: its own state says whether it is done.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from apps.kit import inbox
from apps.kit.database import Database
from apps.kit.delivery import Delivery
from apps.kit.listeners import Delivered, Listener
from apps.kit.signals import of_effects


@dataclass(frozen=True, slots=True)
class Effects:
    """What one listener does with the messages that it is given."""

    service: str
    listener: Listener
    ports: Any
    database: Database

    @property
    def name(self) -> str:
        """Its durable consumer's."""
        return f"{self.service}-{self.listener.handler.__name__}"

    @property
    def work(self) -> str:
        """The span of a batch."""
        return f"{self.service}.{self.listener.handler.__name__}"

    async def of(self, batch: Sequence[Delivery]) -> None:
        """Hand them over in their order, all in one transaction."""
        for each in batch:
            each.fault = None
        if self.listener.workers:
            await self._hear([each.delivered for each in batch])
            return
        async with self.database.transaction() as db:
            with of_effects():
                heard = [each.delivered for each in batch]
                await self._hear(await inbox.new(db, self.name, heard))
                _all_well(batch)

    async def _hear(self, heard: Sequence[Delivered[Any]]) -> None:
        if heard:
            await self.listener.hear_all(heard, self.ports)


def _all_well(batch: Sequence[Delivery]) -> None:
    """One event's failure undoes its batch: each is then done again alone."""
    for each in batch:
        if each.fault:
            raise each.fault
