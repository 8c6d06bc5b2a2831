"""Cards: whose they are by their number, and until when they are good."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final
from uuid import UUID

from apps.kit.values import Pan

UNKNOWN_BRAND = "UNKNOWN"

BRANDS: Final[Mapping[str, re.Pattern[str]]] = MappingProxyType(
    {
        "VISA": re.compile(r"4\d{12}(\d{3}(\d{3})?)?"),
        "MASTERCARD": re.compile(
            r"(5[1-5]\d{2}|222[1-9]|22[3-9]\d|2[3-6]\d{2}|27[01]\d|2720)\d{12}"
        ),
        "AMERICAN_EXPRESS": re.compile(r"3[47]\d{13}"),
        "DINERS_CLUB": re.compile(r"3(0[0-5]|[68]\d)\d{11}"),
        "DISCOVER": re.compile(r"6(011|5\d{2})\d{12}"),
        "JCB": re.compile(r"35\d{14}"),
        "CHINA_UNION_PAY": re.compile(r"62\d{14,17}"),
    }
)


@dataclass(frozen=True, slots=True)
class Expiry:
    """The last month in which a card is good."""

    month: int
    year: int

    @classmethod
    def of(cls, written: str) -> "Expiry":
        """Read `MM/YY` as it is embossed; the century is this one."""
        month, _, year = written.partition("/")
        return cls(int(month), 2000 + int(year))

    def is_past(self, today: date) -> bool:
        return (self.year, self.month) < (today.year, today.month)


@dataclass(frozen=True, slots=True)
class Card:
    """A card as everybody but its issuer and we know it."""

    token: UUID
    brand: str
    last4: str
    is_blocked: bool = False


def brand_of(pan: Pan) -> str:
    """Name the scheme whose numbers look like this one."""
    for brand, pattern in BRANDS.items():
        if pattern.fullmatch(pan.digits):
            return brand
    return UNKNOWN_BRAND
