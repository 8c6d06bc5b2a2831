"""Values that are dangerous as plain strings and numbers."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NewType
from uuid import UUID

Cents = NewType("Cents", int)
"""An amount in minor units of its currency (ISO 4217)."""

Clock = Callable[[], datetime]
"""Answers the present instant, aware of its zone."""


@dataclass(frozen=True, slots=True)
class Pan:
    """A card number (ISO/IEC 7812) that no log, span or traceback can print."""

    digits: str = field(repr=False)

    @classmethod
    def of(cls, written: str) -> "Pan":
        """Drop the spaces and dashes that people write between the digits."""
        return cls(written.replace(" ", "").replace("-", ""))

    @property
    def last4(self) -> str:
        return self.digits[-4:]

    @property
    def is_valid(self) -> bool:
        """13 to 19 ASCII digits whose Luhn check digit is right."""
        return (
            self.digits.isascii()
            and self.digits.isdigit()
            and 13 <= len(self.digits) <= 19
            and luhn(self.digits)
        )

    def __str__(self) -> str:
        return f"•••• {self.last4}"


@dataclass(frozen=True, slots=True)
class Cvv:
    """A card's verification value: never kept, never passed on, never printed."""

    digits: str = field(repr=False)

    def __str__(self) -> str:
        return "•••"


_DOUBLED = str.maketrans("0123456789", "0246813579")
"""Each digit twice, and the digits of that added up."""


def luhn(digits: str) -> bool:
    """Tell whether the last digit is the check digit of ISO/IEC 7812-1, annex B."""
    doubled = digits[-2::-2].translate(_DOUBLED)
    return sum(map(int, digits[-1::-2] + doubled)) % 10 == 0


def now() -> datetime:
    """The present instant, in UTC."""
    return datetime.now(UTC)


def uuid7() -> UUID:
    """Make an id that sorts by the millisecond it was made in (RFC 9562, 5.7)."""
    stamp = time.time_ns() // 1_000_000
    chance = int.from_bytes(os.urandom(10))
    value = (stamp << 80) | chance
    value = (value & ~(0xF << 76)) | (0x7 << 76)
    value = (value & ~(0x3 << 62)) | (0x2 << 62)
    return UUID(int=value)
