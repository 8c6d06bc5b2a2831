"""What notifications needs from outside."""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from apps.kit.putting import Row
from apps.kit.values import Clock

from .domain.notification import (
    Answer,
    Backlog,
    Delivery,
    History,
    Made,
    Notification,
    Schedule,
    UnderWay,
)
from .domain.receiver import Receiver
from .events import WebhookJob


class Store(Protocol):
    async def targets(
        self, merchants: Collection[str]
    ) -> Mapping[str, Sequence[str]]: ...
    async def keep(
        self, new: Sequence[Notification], jobs: Sequence[Row]
    ) -> Collection[UUID]: ...
    async def claim(
        self, jobs: Sequence[WebhookJob], at: datetime, until: datetime
    ) -> Sequence[Delivery | UnderWay | None]: ...
    async def finish(self, made: Sequence[Made]) -> Collection[UUID]: ...
    def due(
        self, at: datetime, lost: datetime
    ) -> AbstractAsyncContextManager[Sequence[Notification]]: ...
    async def queue(
        self, due: Sequence[Notification], jobs: Sequence[Row], at: datetime
    ) -> None: ...
    async def of_payment(self, payment_id: UUID) -> Sequence[History]: ...
    async def backlog(self) -> Backlog: ...


class Merchants(Protocol):
    async def tell(self, delivery: Delivery, at: datetime) -> Answer: ...


@dataclass(frozen=True)
class Ports:
    store: Store
    merchants: Merchants
    schedule: Schedule
    lost_after: timedelta
    clock: Clock
    chance: Callable[[], float]
    demo: Receiver
