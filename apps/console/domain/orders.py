"""What the till can be asked: cards, presets that reach every rule, and the answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from apps.kit.values import Cents, Pan

PATIENCE_MS = 3_000
GOOD_EXPIRY = "12/30"


class Move(StrEnum):
    """What a till can do."""

    PAY = "pay"
    CAPTURE = "capture"
    VOID = "void"
    REFUND = "refund"


@dataclass(frozen=True, slots=True)
class Card:
    """A card of the demonstration; the browser is shown its name and last digits."""

    name: str
    pan: Pan
    expiry: str = GOOD_EXPIRY

    @property
    def shown(self) -> str:
        return f"{self.name} {self.pan}"


CARDS: Mapping[str, Card] = {
    "good": Card("Good card", Pan("5204460010000007")),
    "second": Card("Another good card", Pan("5204460010000015")),
    "blocked": Card("Blocked card", Pan("4485248221242242")),
    "expired": Card("Expired card", Pan("5204460010000023"), "01/20"),
    "foreign": Card("Card of no brand", Pan("9792040000000009")),
    "suspect": Card("Suspicious card", Pan("5204460010000031")),
    "wrong": Card("Mistyped number", Pan("5204460010000057")),
}


@dataclass(frozen=True, slots=True)
class Order:
    """What is paid, where, with which card, and how long one waits for the answer."""

    pos_id: str
    card: Card
    amount: Cents
    currency: str = "EUR"
    capture: str = ""
    patience_ms: int = PATIENCE_MS

    def body(self) -> dict[str, Any]:
        """As the gateway takes it."""
        card = {"number": self.card.pan.digits, "expiry": self.card.expiry}
        said: dict[str, Any] = {
            "pos_id": self.pos_id,
            "card": card,
            "amount": self.amount,
            "currency": self.currency,
        }
        return said | ({"capture": self.capture} if self.capture else {})


@dataclass(frozen=True, slots=True)
class Answer:
    """What the gateway said: a payment, or a problem."""

    status: int
    body: Mapping[str, Any]
    trace: str
    took_s: float = 0.0

    @property
    def is_payment(self) -> bool:
        return "payment_id" in self.body and self.status < 400

    @property
    def problem(self) -> str:
        """A sentence for what went wrong."""
        title = str(self.body.get("title", "No answer"))
        return f"{title}. {self.body.get('detail', '')}".strip()


@dataclass(frozen=True, slots=True)
class Preset:
    """One press of a button that reaches a rule."""

    name: str
    rule: str
    about: str
    amount: int
    card: str = "good"
    pos_id: str = "POS-01"
    capture: str = ""
    patience_ms: int = PATIENCE_MS
    refusals: int = 0
    """Paid so often above the bank's limit before, to make fraud suspicious."""


PRESETS = (
    Preset("Small amount", "R7", "Within the floor limit: the shop decides alone.", 5_000),
    Preset("Ask the bank", "R8", "Above the floor limit: the bank authorises.", 25_000),
    Preset("Too much", "R8", "Above the bank's limit: it refuses.", 45_000),
    Preset("Blocked card", "R5", "The card is on the list.", 5_000, "blocked"),
    Preset("Expired card", "R4", "Past its last month.", 5_000, "expired"),
    Preset("No brand", "R3", "No scheme has such a card.", 5_000, "foreign"),
    Preset("Closed till", "R1", "The terminal is not in use.", 5_000, "good", "POS-03"),
    Preset("Wrong number", "R2", "The check digit is wrong: a 422.", 5_000, "wrong"),
    Preset("No patience", "deadline", "The till waits 25 ms, and then no more.", 25_000,
           patience_ms=25),
    Preset("Bank silent", "R9", "Accepted in the bank's stead, once it is silent: "
           "make fault s=bank t=latency=5000, or make stop s=bank.", 15_000),
    Preset("Fraud", "R6", "Forty refusals in a row, then an honest order.", 5_000,
           "suspect", refusals=40),
    Preset("Capture later", "S1", "Authorised, and yours to capture or void.", 25_000,
           pos_id="POS-04", capture="manual"),
)  # fmt: skip
"""In the order of docs/payments.md, as far as one can reach a rule from outside."""


def cents(text: str) -> Cents | None:
    """ "12.34" or "12,34" as minor units; None if that is no amount."""
    try:
        amount = Decimal(text.strip().replace(",", ".")) * 100
    except InvalidOperation:
        return None
    if not amount.is_finite() or amount != amount.to_integral_value():
        return None
    return Cents(int(amount)) if 0 < amount < 100_000_000 else None
