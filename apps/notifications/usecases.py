"""What notifications can be asked to do."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from apps.kit.signals import span

from . import signals
from .domain import Notification


class Store(Protocol):
    async def keep(self, notification: Notification) -> None: ...
    async def of_payment(self, payment_id: UUID) -> Sequence[Notification]: ...


@dataclass(frozen=True)
class Ports:
    store: Store


@span("notifications.record")
async def record(notification: Notification, ports: Ports) -> None:
    """Keep what the merchant is to be told."""
    await ports.store.keep(notification)
    signals.recorded(notification)


async def of_payment(payment_id: UUID, ports: Ports) -> Sequence[Notification]:
    """List what the merchant is told of a payment."""
    return await ports.store.of_payment(payment_id)
