"""What the back office needs from outside."""

from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from apps.kit.dlq import DeadLetter
from apps.kit.values import Clock

from .domain.alerts import Alert
from .domain.changes import Flag, Heard
from .domain.dashboards import StandIn
from .domain.projections import Extent, Projection, Standing, Stretch
from .domain.sums import Balance, DayKey, Purse, Tally
from .domain.views import PaymentView

Generations = Mapping[Projection, int]


class Projections(Protocol):
    """What events are projected into, by generation; all of it in one transaction."""

    def transaction(self) -> AbstractAsyncContextManager[object]: ...
    async def views(
        self, generation: int, ids: Collection[UUID]
    ) -> Mapping[UUID, PaymentView]: ...
    async def keep_views(
        self, generation: int, views: Sequence[PaymentView]
    ) -> None: ...
    async def first_heard(
        self, generations: Collection[int], ids: Collection[UUID]
    ) -> Collection[tuple[int, UUID]]:
        """Remember the events; those that a generation had not counted before."""

    async def add_days(
        self, generation: int, tallies: Mapping[DayKey, Tally]
    ) -> None: ...
    async def add_balances(
        self, generation: int, balances: Mapping[Purse, Balance]
    ) -> None: ...
    async def keep_flags(self, generation: int, flags: Sequence[Flag]) -> None: ...


class Offsets(Protocol):
    """Which generations there are, and how far each is."""

    async def advance(self, heard: Sequence[Heard]) -> Generations:
        """The serving ones move on; none can be replaced until the transaction ends."""

    async def fill(self, filling: Generations, heard: Sequence[Heard]) -> bool:
        """Those being made move on; false when somebody gave one up."""

    async def standings(self) -> Sequence[Standing]: ...
    async def ask(self, projection: Projection, target: int, at: datetime) -> None:
        """Let a new generation be made, unless one is."""

    def alone(self) -> AbstractAsyncContextManager[bool]:
        """Whether nobody else makes generations while the block lasts."""

    async def begin(self) -> Generations:
        """Begin those asked for, from nothing."""

    async def swap(self, projection: Projection, generation: int) -> bool:
        """Serve it, once it has all that the serving one has."""

    async def sweep(self) -> int:
        """Drop what no generation in use has; how many rows."""


class Views(Protocol):
    """What is shown: always of the generation that serves, with the time it is of."""

    async def view(self, payment_id: UUID) -> PaymentView | None: ...
    async def card_status(self, card_token: UUID) -> str | None: ...
    async def days(self, merchant_id: str, since: date) -> Mapping[DayKey, Tally]: ...
    async def balances(self, merchant_id: str) -> Mapping[Purse, Balance]: ...
    async def standins(
        self, merchant_id: str, since: datetime
    ) -> Sequence[StandIn]: ...
    async def as_of(self, projection: Projection) -> datetime | None: ...


class Stream(Protocol):
    """The stream that everything is made from."""

    @property
    def waiting_since(self) -> datetime | None:
        """Since when an event waits to be heard; nothing where none does."""

    async def look(self) -> None:
        """Ask the stream what waits."""

    async def extent(self) -> Extent: ...
    def replayed(self) -> AsyncGenerator[Stretch, None]:
        """All that it holds in order, and what comes then; now and then nothing."""


class Unheard(Exception):
    """Nobody hears under the letter's name any more, or the stream refuses."""


class Letters(Protocol):
    """What no hearer could take; all raise DependencyUnavailable."""

    async def oldest(self, limit: int) -> Sequence[DeadLetter]: ...
    async def one(self, letter_id: int) -> DeadLetter | None: ...
    async def replay(self, letter: DeadLetter) -> None:
        """Raises Unheard, and the letter stays."""


class Alerts(Protocol):
    """What Alertmanager told."""

    async def keep(self, alert: Alert) -> Sequence[Alert]:
        """What of it is news: nothing, if it was known to be as it is now."""

    async def latest(self, limit: int) -> Sequence[Alert]: ...


@dataclass(frozen=True)
class Ports:
    projections: Projections
    offsets: Offsets
    views: Views
    stream: Stream
    letters: Letters
    alerts: Alerts
    alerts_key: bytes = field(repr=False)
    clock: Clock
