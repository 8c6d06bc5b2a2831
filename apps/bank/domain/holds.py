"""An amount that is set aside, and the ways in which that ends."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from apps.kit.values import Cents


class HoldState(StrEnum):
    HELD = "held"
    CAPTURED = "captured"
    REVERSED = "reversed"
    EXPIRED = "expired"
    TOMBSTONE = "tombstone"
    """Reversed before it was asked for: it will never be held."""


class NotHeld(Exception):
    """No open hold is there, or it is over."""


class AboveHold(Exception):
    """More is wanted than is held."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Set aside until it ends; `captured` of it was paid then."""

    state: HoldState
    amount: Cents
    captured: Cents
    expires_at: datetime | None

    @property
    def is_open(self) -> bool:
        return self.state is HoldState.HELD

    def is_over(self, at: datetime) -> bool:
        return self.expires_at is not None and at >= self.expires_at


TOMBSTONE = Hold(HoldState.TOMBSTONE, Cents(0), Cents(0), None)
