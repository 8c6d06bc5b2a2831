"""Card numbers that nobody has: fresh ones, so that what is counted is our own."""

import random

PREFIX = "520446"
"""EasyPay's test cards begin so: 5204 4600 1000 0007 and on."""

BAD = "5204460010000057"
"""Its check digit is wrong."""


def fresh() -> str:
    """Sixteen digits with a right check digit."""
    body = PREFIX + "".join(random.choices("0123456789", k=9))
    return next(number for digit in "0123456789" if luhn(number := body + digit))


def luhn(digits: str) -> bool:
    """The check digit fits the rest (ISO/IEC 7812-1, annex B)."""
    doubled = [
        int(digit) * (2 - at % 2) for at, digit in enumerate(reversed(digits), 1)
    ]
    return sum(digit - 9 * (digit > 9) for digit in doubled) % 10 == 0
