"""Chance that comes out alike each time: who draws, draws from a generator of his own."""

import random
from collections.abc import Iterator

ANY = random.Random()
"""For whoever wants no repetition."""

Pace = tuple[float, float]
"""The least and the most that a user waits between two visits, in seconds."""

EXPONENTIAL, CONSTANT = "exponential", "constant"
INTERVALS = (EXPONENTIAL, CONSTANT)


def chance(seed: int, journey: str, number: int | str) -> random.Random:
    """What this user of this journey will draw in every run with this seed."""
    return random.Random(f"{seed}/{journey}/{number}")


def instants(
    rate: float, intervals: str, generator: random.Random, begin: float = 0.0
) -> Iterator[float]:
    """When orders are due, at random or like clockwork, so many a second."""
    due = begin
    while True:
        yield due
        due += generator.expovariate(rate) if intervals == EXPONENTIAL else 1 / rate
