"""What the gateway needs from outside."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from apps.kit.caching import Cache
from apps.kit.limits import MovingWindow
from apps.kit.values import Clock

from .domain.calls import Answer, Call
from .domain.clients import Client, Terms
from .domain.fleet import Breaker, Standing
from .domain.kept import Tagged
from .domain.views import (
    Authorisation,
    Card,
    Event,
    Notification,
    OwnFigures,
    OwnMoney,
    Payment,
)


class Upstream(Protocol):
    """A service behind the gateway."""

    name: str

    async def forward(self, call: Call) -> Answer: ...


class Keys(Protocol):
    """The keys that sign tokens, and what others are shown of them."""

    def sign(self, claims: Mapping[str, str | int]) -> str: ...
    def shown(self) -> dict[str, Any]: ...


@dataclass(frozen=True)
class Issuing:
    """What it takes to issue tokens."""

    clients: Mapping[str, Client]
    keys: Keys
    terms: Terms
    new_id: Callable[[], UUID]
    clock: Clock


class Parts(Protocol):
    """What services know: None where one knows nothing; raises Missing.

    With a `bearer` it is asked in the caller's name, else in the gateway's own.
    """

    async def payment(self, payment_id: UUID, bearer: str) -> Payment:
        """Raises NotShown, DependencyUnavailable, DeadlineExceeded."""
        ...

    async def authorisation(self, payment_id: UUID) -> Authorisation | None: ...
    async def card(self, card_token: UUID) -> Card | None: ...
    async def notifications(
        self, payment_id: UUID
    ) -> Sequence[Notification] | None: ...
    async def events(self, payment_id: UUID, bearer: str) -> Sequence[Event] | None: ...
    async def latest(self, bearer: str) -> Sequence[Mapping[str, Any]] | None: ...
    async def figures(
        self, merchant_id: str, days: int, bearer: str
    ) -> OwnFigures | None: ...
    async def money(self, merchant_id: str, bearer: str) -> OwnMoney | None: ...


class Fleet(Protocol):
    """The replicas of all services, each asked by itself; raises Missing, NotShown."""

    def standings(self) -> Sequence[Standing]: ...
    async def breakers(self, of: Standing, bearer: str) -> Sequence[Breaker]: ...
    async def hold(
        self, name: str, wish: Mapping[str, Any], of: Standing, bearer: str
    ) -> Breaker: ...


@dataclass(frozen=True)
class Ports:
    upstreams: Mapping[str, Upstream]
    """Each service behind, by its name."""
    limits: Mapping[str, MovingWindow]
    """Those that some routes have besides, by their names."""
    kept: Cache[Tagged]
    """Reference data that was asked for a moment ago."""
    issuing: Issuing
    parts: Parts
    fleet: Fleet
