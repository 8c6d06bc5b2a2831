"""What the gateway needs from outside."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from apps.kit.values import Clock

from .domain.calls import Answer, Call
from .domain.clients import Client, Terms


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


@dataclass(frozen=True)
class Ports:
    payments: Upstream
    token: str
    issuing: Issuing
