"""How much a caller may ask of us."""

import re
from dataclasses import dataclass
from typing import Self

WRITTEN = re.compile(r"([1-9]\d{0,6})/([1-9]\d{0,4})")


class FaultyLimit(ValueError):
    """Not so many in so many seconds."""


@dataclass(frozen=True, slots=True)
class Policy:
    """At most so many in any so many seconds: `100/2` is 50 a second, 100 at once."""

    name: str
    most: int
    within_s: int

    @classmethod
    def of(cls, name: str, written: str) -> Self:
        """Raises FaultyLimit."""
        found = WRITTEN.fullmatch(written)
        if not found:
            raise FaultyLimit("write how many / in how many seconds, like 100/2")
        return cls(name, int(found[1]), int(found[2]))
