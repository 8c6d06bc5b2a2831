"""What the bank's use cases need from outside."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from apps.kit.audit import Entry
from apps.kit.auth import Caller
from apps.kit.events import CloudEvent
from apps.kit.values import Cents, Clock

from .domain.accounts import Account
from .domain.authorisations import Authorisation, Change, Known, Overdue, Terms
from .events import HoldReversed


class Store(Protocol):
    def alone(
        self, request_id: UUID, fresh: Account | None = None
    ) -> AbstractAsyncContextManager[Known]: ...
    def alone_with(
        self, authorisation_id: UUID
    ) -> AbstractAsyncContextManager[Known]: ...
    async def known(self, request_id: UUID) -> Authorisation | None: ...
    async def keep(
        self, change: Change, entry: Entry, told: CloudEvent[HoldReversed] | None = None
    ) -> None: ...
    async def overdue(
        self, at: datetime, at_most: int, behind: Overdue | None = None
    ) -> Sequence[Overdue]: ...
    async def held(self, at_most: int) -> Mapping[str, Cents]: ...


NOBODY = Caller("nobody", frozenset())


@dataclass(frozen=True)
class Ports:
    store: Store
    terms: Terms
    new_id: Callable[[], UUID]
    clock: Clock
    caller: Caller = NOBODY
    """For whom it is done; each request that changes something has its own caller's."""
