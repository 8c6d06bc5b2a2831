"""What passes through the gateway."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Call:
    """A request on its way in; the body may hold a card number and is never shown."""

    method: str
    path: str
    headers: Sequence[tuple[str, str]]
    """In order, a name as often as it was sent."""
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """A response on its way out."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
