"""What a card payment is decided on: the order, the terminal, what is known of the card."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from apps.kit.values import Cents, Cvv, Pan

from .cards import Expiry


class CaptureMethod(StrEnum):
    """When the money moves: by itself soon after the answer, or when asked for."""

    AUTOMATIC = "automatic"
    MANUAL = "manual"


@dataclass(frozen=True, slots=True)
class Order:
    """What a point of sale asks for."""

    pos_id: str
    pan: Pan
    expiry: Expiry
    amount: Cents
    currency: str
    cvv: Cvv | None = None
    """Looked at and forgotten: it is neither kept nor passed on (PCI DSS 3.3.1)."""
    capture: CaptureMethod | None = None
    """As the merchant does it, if the order does not say."""
    merchant_reference: str | None = None
    """The merchant's own name for the order; one payment per name."""


@dataclass(frozen=True, slots=True)
class Terminal:
    pos_id: str
    merchant_id: str
    is_active: bool
    currency: str
    """What its merchant is paid in (ISO 4217)."""
    capture: CaptureMethod = CaptureMethod.MANUAL


@dataclass(frozen=True, slots=True)
class Fees:
    """What a merchant pays for each capture."""

    bps: int
    """Of the amount captured, in hundredths of a percent; rounded up."""
    fixed: Cents


@dataclass(frozen=True, slots=True)
class Limits:
    floor: Cents
    delegation: Cents
    standins_per_card: int
    """Acceptances in the bank's stead that one card gets within 24 hours."""
    exposure: Cents
    """Largest sum of such acceptances that the bank has not confirmed yet."""


@dataclass(frozen=True, slots=True)
class Exposure:
    """What was accepted in the bank's stead so far."""

    of_card: int
    """Acceptances of this card within 24 hours."""
    total: Cents
    """All that the bank has not confirmed yet."""


RED: Final = "RED"


@dataclass(frozen=True, slots=True)
class Screening:
    """What fraud thought of the card; `checked` is false if it could not be asked."""

    status: str | None
    checked: bool


UNCHECKED: Final = Screening(None, checked=False)
