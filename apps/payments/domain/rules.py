"""Who may pay: the rules of a card payment, in the order a cashier would check."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Literal
from uuid import UUID

from apps.kit.values import Cents

from .cards import UNKNOWN_BRAND, Card
from .orders import RED, Exposure, Limits, Order, Screening, Terminal


class Verdict(StrEnum):
    AUTHORISED = "authorised"
    DECLINED = "declined"


class Mode(StrEnum):
    STANDARD = "STANDARD"
    FALLBACK = "FALLBACK"


class Source(StrEnum):
    """Who decided."""

    TERMINAL = "terminal"
    FRAUD = "fraud"
    FLOOR_LIMIT = "floor_limit"
    BANK = "bank"
    DELEGATION = "delegation"


class Reason(StrEnum):
    """Why; the words that merchants know."""

    ACCEPTED = "ACCEPTED"
    INACTIVE_POS = "INACTIVE_POS"
    UNKNOWN_CARD_TYPE = "UNKNOWN_CARD_TYPE"
    EXPIRED_CARD = "EXPIRED_CARD"
    BLACK_LISTED_CARD_NUMBER = "BLACK_LISTED_CARD_NUMBER"
    FRAUD_SUSPECTED = "FRAUD_SUSPECTED"
    AUTHORIZATION_DENIED = "AUTHORIZATION_DENIED"
    AMOUNT_EXCEEDED = "AMOUNT_EXCEEDED"
    SYSTEM_ERROR = "SYSTEM_ERROR"


NETWORK_CODES: Final[Mapping[Reason, str]] = MappingProxyType(
    {
        Reason.ACCEPTED: "00",
        Reason.INACTIVE_POS: "58",
        Reason.UNKNOWN_CARD_TYPE: "15",
        Reason.EXPIRED_CARD: "54",
        Reason.BLACK_LISTED_CARD_NUMBER: "62",
        Reason.FRAUD_SUSPECTED: "59",
        Reason.AUTHORIZATION_DENIED: "05",
        Reason.AMOUNT_EXCEEDED: "91",
        Reason.SYSTEM_ERROR: "96",
    }
)
"""Response codes of ISO 8583, data element 39."""


@dataclass(frozen=True, slots=True)
class Decision:
    verdict: Verdict
    reason: Reason
    source: Source
    network_code: str
    mode: Mode = Mode.STANDARD
    attempts: int = 0
    authorisation_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class BankAnswer:
    """What the bank said; `attempts` counts how often it was asked."""

    authorisation_id: UUID
    approved: bool
    network_code: str
    attempts: int = 1


ASK_BANK: Final[Literal["ask the bank"]] = "ask the bank"


def refusal(
    order: Order, terminal: Terminal, card: Card, *, today: date
) -> Decision | None:
    """What refuses a card before anybody else is asked."""
    if not terminal.is_active:
        return declined(Reason.INACTIVE_POS, Source.TERMINAL)
    if card.brand == UNKNOWN_BRAND:
        return declined(Reason.UNKNOWN_CARD_TYPE, Source.TERMINAL)
    if order.expiry.is_past(today):
        return declined(Reason.EXPIRED_CARD, Source.TERMINAL)
    if card.is_blocked:
        return declined(Reason.BLACK_LISTED_CARD_NUMBER, Source.TERMINAL)
    return None


def judge(
    order: Order, fraud: Screening, limits: Limits
) -> Decision | Literal["ask the bank"]:
    """Decide from what the shop knows; above its floor limit, the bank decides."""
    if fraud.status == RED:
        return declined(Reason.FRAUD_SUSPECTED, Source.FRAUD)
    if order.amount > limits.floor:
        return ASK_BANK
    return authorised(Source.FLOOR_LIMIT)


def heed(answer: BankAnswer) -> Decision:
    """Follow the bank."""
    return Decision(
        Verdict.AUTHORISED if answer.approved else Verdict.DECLINED,
        Reason.ACCEPTED if answer.approved else Reason.AUTHORIZATION_DENIED,
        Source.BANK,
        answer.network_code,
        attempts=answer.attempts,
        authorisation_id=answer.authorisation_id,
    )


def stand_in(order: Order, limits: Limits, attempts: int) -> Decision:
    """Decide for a bank that was asked so often in vain: accept what is small enough."""
    if order.amount >= limits.delegation:
        return too_much(attempts)
    accepted = authorised(Source.DELEGATION, Mode.FALLBACK)
    return replace(accepted, attempts=attempts)


def within_caps(amount: Cents, exposure: Exposure, limits: Limits) -> bool:
    """Tell whether one more may be accepted in the bank's stead."""
    fits = exposure.total + amount <= limits.exposure
    return fits and exposure.of_card < limits.standins_per_card


def given_up() -> Decision:
    """Nobody knows why it was left undecided, and nobody waits for it any more."""
    return declined(Reason.SYSTEM_ERROR, Source.TERMINAL)


def too_much(attempts: int) -> Decision:
    """The bank was asked so often in vain, and nobody may stand in for it."""
    decision = declined(Reason.AMOUNT_EXCEEDED, Source.DELEGATION, Mode.FALLBACK)
    return replace(decision, attempts=attempts)


def authorised(source: Source, mode: Mode = Mode.STANDARD) -> Decision:
    code = NETWORK_CODES[Reason.ACCEPTED]
    return Decision(Verdict.AUTHORISED, Reason.ACCEPTED, source, code, mode)


def declined(reason: Reason, source: Source, mode: Mode = Mode.STANDARD) -> Decision:
    return Decision(Verdict.DECLINED, reason, source, NETWORK_CODES[reason], mode)
