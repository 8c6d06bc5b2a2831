"""What leaves the services is declared once: what a name means, and what goes with it.

Call sites say plainly what they tell ("payment.decided"), and nothing here is asked on a
payment's way. The declarations are read by `make docs`, which writes docs/signals.md; by
tests, which hold that nothing else is told; and by `make signals-check`, which asks the
backends whether it is so. Metrics (`kit/instruments.py`) and spans (`@span`) are declared
where they are made.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from opentelemetry.util.types import AttributeValue

Kind = type[str] | type[int] | type[float] | type[bool]
Closed = type[StrEnum] | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Attribute:
    """A key of our own. As a label it needs an end: its values, or how many at most."""

    name: str
    type: Kind
    about: str
    example: AttributeValue | None = None
    values: Closed = ()
    """All that it can be."""
    most: int | None = None
    """So many different values at most, where they cannot be named beforehand."""

    @property
    def closed(self) -> tuple[str, ...]:
        """All that it can be, as words; none where the set is open."""
        if self.type is bool:
            return ("false", "true")
        return tuple(str(value) for value in self.values)

    @property
    def end(self) -> int | None:
        """How many values it has at most; None without an end."""
        return len(self.closed) or self.most


@dataclass(frozen=True, slots=True)
class Standard(Attribute):
    """A key of OpenTelemetry's semantic conventions: `about` says what we put into it.

    What it means is said there. One that is deprecated there is `kept` for a reason.
    """

    kept: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """What happened: a log line where it is told by `tell`, else an event of a span."""

    name: str
    about: str
    always: str = ""
    """The attributes that it always has, between blanks."""
    maybe: str = ""
    """Those that it has where they are known."""

    @property
    def attributes(self) -> dict[str, bool]:
        """By name, and whether it is always there."""
        return dict.fromkeys(self.always.split(), True) | dict.fromkeys(
            self.maybe.split(), False
        )


@dataclass(frozen=True, slots=True)
class Span:
    """A span that is not made by `@span`; braces stand for an attribute's value."""

    name: str
    kind: Literal["server", "client", "producer", "consumer", "internal"]
    about: str
    always: str = ""
    maybe: str = ""

    @property
    def attributes(self) -> dict[str, bool]:
        """By name, and whether it is always there."""
        return dict.fromkeys(self.always.split(), True) | dict.fromkeys(
            self.maybe.split(), False
        )


Declared = Attribute | Event | Span
