"""Orders that are in order."""

import random
from datetime import UTC, date, datetime
from typing import Any

from loadtests import judging
from loadtests.pacing import ANY

PAYMENTS = "/api/v1/payments"


def order(card: str, amount: int, *, years: int = 1, **more: Any) -> dict[str, Any]:
    """The card is good for a year, or for as many as are said."""
    today: date = datetime.now(UTC).date()  # noqa: TID251  (a till has a clock)
    expiry = f"{today:%m}/{(today.year + years) % 100:02d}"
    return {
        "pos_id": "POS-01",
        "card": {"number": card, "expiry": expiry},
        "amount": amount,
        "currency": "EUR",
        **more,
    }


def below_the_floor(chance: random.Random = ANY) -> int:
    return chance.randint(judging.LEAST, judging.FLOOR)


def through_the_bank(chance: random.Random = ANY) -> int:
    return chance.randint(judging.FLOOR + 1, judging.CEILING)


def too_much(chance: random.Random = ANY) -> int:
    return chance.randint(judging.CEILING + 1, 2 * judging.CEILING)


def path_of(amount: int) -> str:
    """Which promise of speed an order is under."""
    return judging.FLOOR_PATH if amount <= judging.FLOOR else judging.BANK_PATH
