"""EasyPay's test cards: 5204 4600 1000 0007 to 0056, and one that cannot be."""

PREFIX = "520446001000"


def luhn(digits: str) -> bool:
    """The check digit fits the rest."""
    doubled = [
        int(digit) * (2 - at % 2) for at, digit in enumerate(reversed(digits), 1)
    ]
    return sum(digit - 9 * (digit > 9) for digit in doubled) % 10 == 0


GOOD = tuple(number for end in range(7, 57) if luhn(number := f"{PREFIX}{end:04d}"))
BAD = f"{PREFIX}0057"
"""Its check digit is wrong."""
