"""The replicas behind the gateway, and what each of them tells of its breakers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from .views import Why

WITH_BREAKERS = frozenset({"payments"})
"""Services that have breakers of their own, and show them."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A replica as the gateway sees it."""

    service: str
    replica: str
    url: str
    is_out: bool
    """Left out for a while, for its connections failed."""
    in_flight: int
    failures: int
    """Of its connections, since it last answered."""


@dataclass(frozen=True, slots=True)
class Held:
    """An operator's word, and until when it holds."""

    until: datetime
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Breaker:
    """How a breaker of one replica stands."""

    name: str
    state: str
    calls: int
    bad: float
    """The share of failed and slow calls among `calls`."""
    retry_after_s: float
    held: Held | None


@dataclass(frozen=True, slots=True)
class Labelled:
    """A breaker, and whose it is."""

    of: Standing
    breaker: Breaker


@dataclass(frozen=True, slots=True)
class Gathered:
    """What replicas told; who told nothing is in `why` instead, by its name."""

    told: Sequence[Labelled]
    why: Mapping[str, Why]
