"""What adds up over a merchant's payments: figures of each day, and the balance.

Sums know no order, but count twice what comes twice: give them each event once.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date
from typing import NamedTuple, Self

from apps.kit.values import Cents

from .changes import NOTHING, Change, Kind, Payout

FALLBACK = "FALLBACK"
"""The mode of a payment that was decided without the bank's answer."""


class DayKey(NamedTuple):
    """What is counted together: a merchant's events of one kind and reason in a day."""

    merchant_id: str
    day: date
    """In UTC."""
    currency: str
    outcome: str
    reason: str
    """The response code, or why it was voided; empty where there is none."""


@dataclass(frozen=True, slots=True)
class Tally:
    count: int = 0
    amount: Cents = NOTHING
    fee: Cents = NOTHING
    fallbacks: int = 0

    def __add__(self, other: Self) -> "Tally":
        return Tally(
            self.count + other.count,
            Cents(self.amount + other.amount),
            Cents(self.fee + other.fee),
            self.fallbacks + other.fallbacks,
        )


class Purse(NamedTuple):
    """Whose money, in which currency."""

    merchant_id: str
    currency: str


@dataclass(frozen=True, slots=True)
class Balance:
    """A merchant's money, by what became of it."""

    captured: Cents = NOTHING
    refunded: Cents = NOTHING
    fees: Cents = NOTHING
    settled: Cents = NOTHING
    """Paid out, refunds counted."""
    pending: Cents = NOTHING
    """Authorised, and neither captured nor voided yet."""

    @property
    def payable(self) -> Cents:
        """Still to be paid out; the ledger's `merchant_payable`."""
        return Cents(self.captured - self.refunded - self.fees - self.settled)

    def __add__(self, other: Self) -> "Balance":
        return Balance(
            Cents(self.captured + other.captured),
            Cents(self.refunded + other.refunded),
            Cents(self.fees + other.fees),
            Cents(self.settled + other.settled),
            Cents(self.pending + other.pending),
        )


def tallies(changes: Iterable[Change]) -> dict[DayKey, Tally]:
    """What the changes add to the figures of their days."""
    found: dict[DayKey, Tally] = {}
    for change in changes:
        if (amount := _counted(change)) is None:
            continue
        key = DayKey(
            change.merchant_id,
            change.at.astimezone(UTC).date(),
            change.currency,
            change.kind,
            change.response_code or change.reason or "",
        )
        fallback = int(change.processing_mode == FALLBACK)
        tally = Tally(1, amount, change.fee, fallback)
        found[key] = found.get(key, Tally()) + tally
    return found


def balances(said: Iterable[Change | Payout]) -> dict[Purse, Balance]:
    """What changes and payouts add to the balances of their merchants."""
    found: dict[Purse, Balance] = {}
    for each in said:
        if movement := _movement(each):
            purse = Purse(each.merchant_id, each.currency)
            found[purse] = found.get(purse, Balance()) + movement
    return found


def _counted(change: Change) -> Cents | None:
    """The amount that counts for its outcome; nothing where no outcome is."""
    match change.kind:
        case Kind.AUTHORISED | Kind.DECLINED | Kind.VOIDED:
            return change.amount
        case Kind.CAPTURED:
            return change.captured
        case Kind.REFUNDED:
            return change.refunded
        case Kind.SETTLED:
            return change.net
        case _:
            return None


def _movement(change: Change | Payout) -> Balance | None:
    """What one event moves; a capture releases what it leaves of the authorised."""
    if isinstance(change, Payout):
        return Balance(settled=change.net)
    held = change.amount
    match change.kind:
        case Kind.AUTHORISED:
            return Balance(pending=held)
        case Kind.CAPTURED:
            released = Cents(-held)
            return Balance(change.captured, fees=change.fee, pending=released)
        case Kind.VOIDED:
            return Balance(pending=Cents(-held))
        case Kind.REFUNDED:
            return Balance(refunded=change.refunded)
        case _:
            return None
