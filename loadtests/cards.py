"""Card numbers that nobody has: fresh ones, so that what is counted is our own."""

import random

from loadtests.pacing import ANY

PREFIX = "520446"
"""EasyPay's test cards begin so: 5204 4600 1000 0007 and on."""

BAD = "5204460010000057"
"""Its check digit is wrong."""

BLOCKED = "5261749597812879"
"""One of EasyPay's six that their issuers listed."""

FOREIGN = "9792040000000009"
"""No brand that the shop takes begins so."""

DIGITS = "0123456789"


def fresh(chance: random.Random = ANY) -> str:
    """Sixteen digits with a right check digit."""
    body = PREFIX + f"{chance.randrange(10**9):09d}"
    return next(number for digit in DIGITS if luhn(number := body + digit))


def luhn(digits: str) -> bool:
    """The check digit fits the rest (ISO/IEC 7812-1, annex B)."""
    doubled = [
        int(digit) * (2 - at % 2) for at, digit in enumerate(reversed(digits), 1)
    ]
    return sum(digit - 9 * (digit > 9) for digit in doubled) % 10 == 0
