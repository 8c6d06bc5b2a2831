"""Orders that are in order."""

import random
from datetime import UTC, date, datetime
from typing import Any

from loadtests import judging

PAYMENTS = "/api/v1/payments"


def order(card: str, amount: int, **more: Any) -> dict[str, Any]:
    """The card is good for a year."""
    today: date = datetime.now(UTC).date()  # noqa: TID251  (a till has a clock)
    expiry = f"{today:%m}/{(today.year + 1) % 100:02d}"
    return {
        "pos_id": "POS-01",
        "card": {"number": card, "expiry": expiry},
        "amount": amount,
        "currency": "EUR",
        **more,
    }


def below_the_floor() -> int:
    return random.randint(judging.LEAST, judging.FLOOR)


def through_the_bank() -> int:
    return random.randint(judging.FLOOR + 1, judging.CEILING)


def too_much() -> int:
    return random.randint(judging.CEILING + 1, 2 * judging.CEILING)
