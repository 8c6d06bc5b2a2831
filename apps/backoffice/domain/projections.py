"""The projections: which there are, how far each is, and what replaces it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from .changes import Heard


class Projection(StrEnum):
    """What is made from events, each for itself; the names of its tables."""

    PAYMENT_VIEW = "payment_view"
    MERCHANT_DAY = "merchant_day"
    BALANCE_VIEW = "balance_view"
    CARD_FLAG = "card_flag"


@dataclass(frozen=True, slots=True)
class Extent:
    """What the stream still holds."""

    first_seq: int
    last_seq: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """Events that follow one another in the stream."""

    heard: Sequence[Heard]
    pending: int
    """How many more the stream had."""
    skipped: int = 0
    """What was no event; whoever heard it live has a dead letter of it."""


@dataclass(frozen=True, slots=True)
class Offset:
    """How far a generation of a projection is."""

    generation: int
    position: int
    """The furthest place in the stream of an event that it holds."""
    events: int
    as_of: datetime | None
    """The time of the newest event that it holds."""
    begins: int | None
    """The first place in the stream that it holds an event of."""


@dataclass(frozen=True, slots=True)
class Filling(Offset):
    """A generation that is being made."""

    target: int
    """Where the stream ended when it was asked for."""
    asked_at: datetime

    @property
    def progress(self) -> float:
        """From 0 to 1, on the way to where the stream ended."""
        return min(1.0, self.position / self.target) if self.target else 1.0


@dataclass(frozen=True, slots=True)
class Standing:
    """A projection: what is shown of it, and what is to replace that."""

    projection: Projection
    serving: Offset
    filling: Filling | None = None


def would_forget(serving: Offset, stream: Extent) -> bool:
    """Whether a generation made anew would lack events that this one holds."""
    is_older = serving.begins is not None and serving.begins < stream.first_seq
    return is_older or serving.position > stream.last_seq
