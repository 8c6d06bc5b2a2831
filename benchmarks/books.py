"""What was ordered at tills, and what it was answered."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from benchmarks.figures import at
from loadtests import judging


@dataclass(slots=True)
class Ordered:
    """One order, and what it was answered; times are Unix time, or seconds since due."""

    due: float
    amount: int
    key: str
    first: int = 0
    """Status of the first answer; 0 is none."""
    seconds: float = 0.0
    """Until the first answer."""
    said: str = ""
    """The first answer's code where it was a problem."""
    status: int = 0
    """Status of the last answer."""
    tries: int = 0
    payment: Mapping[str, Any] = field(default_factory=dict)
    wrong: str | None = None

    @property
    def is_paid(self) -> bool:
        return self.first == 201

    @property
    def trace(self) -> str:
        """The trace of the last answer."""
        return str(self.payment.get("trace_id") or "")

    @property
    def by(self) -> str:
        """Who decided; nobody, yet, if it is empty."""
        return (self.payment.get("authorisation") or {}).get("source") or ""

    @property
    def mode(self) -> str:
        return str(self.payment.get("processing_mode") or "")

    @property
    def asks_the_bank(self) -> bool:
        return self.amount > judging.FLOOR


@dataclass
class Book:
    """What was ordered; grows while tills are open."""

    orders: list[Ordered] = field(default_factory=list)
    not_sent: int = 0

    def between(self, begin: float, end: float) -> "Book":
        """Those that were due then."""
        return Book([each for each in self.orders if begin <= each.due < end])

    def that(self, holds: Callable[[Ordered], bool]) -> "Book":
        return Book([each for each in self.orders if holds(each)])

    def __iter__(self) -> Iterator[Ordered]:
        return iter(self.orders)

    def __len__(self) -> int:
        return len(self.orders)

    @property
    def firsts(self) -> Counter[int]:
        """How often each status was the first answer."""
        return Counter(each.first for each in self.orders)

    @property
    def errors(self) -> list[Ordered]:
        """Those who got no answer at first, or one of 5xx."""
        return [each for each in self.orders if not each.first or each.first >= 500]

    @property
    def wrong(self) -> list[str]:
        return [each.wrong for each in self.orders if each.wrong]

    def at(self, share: float) -> float:
        """Within so many seconds that share was first answered."""
        return at([each.seconds for each in self.orders], share)
