"""Who may pay: the rules of a card payment, in the order a cashier would check."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Literal
from uuid import UUID

from apps.kit.values import Cents, Pan

from .cards import UNKNOWN_BRAND, Card, Expiry


class Verdict(StrEnum):
    AUTHORISED = "authorised"
    DECLINED = "declined"


class Mode(StrEnum):
    STANDARD = "STANDARD"
    FALLBACK = "FALLBACK"


class Source(StrEnum):
    """Who decided."""

    TERMINAL = "terminal"
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
    AUTHORIZATION_DENIED = "AUTHORIZATION_DENIED"
    AMOUNT_EXCEEDED = "AMOUNT_EXCEEDED"


NETWORK_CODES: Final[Mapping[Reason, str]] = MappingProxyType(
    {
        Reason.ACCEPTED: "00",
        Reason.INACTIVE_POS: "58",
        Reason.UNKNOWN_CARD_TYPE: "15",
        Reason.EXPIRED_CARD: "54",
        Reason.BLACK_LISTED_CARD_NUMBER: "62",
        Reason.AUTHORIZATION_DENIED: "05",
        Reason.AMOUNT_EXCEEDED: "91",
    }
)
"""Response codes of ISO 8583, data element 39."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a point of sale asks for."""

    pos_id: str
    pan: Pan
    expiry: Expiry
    amount: Cents
    currency: str


@dataclass(frozen=True, slots=True)
class Terminal:
    pos_id: str
    merchant_id: str
    is_active: bool


@dataclass(frozen=True, slots=True)
class Limits:
    floor: Cents
    delegation: Cents


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


def judge(
    order: Order, terminal: Terminal, card: Card, limits: Limits, *, today: date
) -> Decision | Literal["ask the bank"]:
    """Decide from what the shop knows; above its floor limit, the bank decides."""
    if not terminal.is_active:
        return declined(Reason.INACTIVE_POS, Source.TERMINAL)
    if card.brand == UNKNOWN_BRAND:
        return declined(Reason.UNKNOWN_CARD_TYPE, Source.TERMINAL)
    if order.expiry.is_past(today):
        return declined(Reason.EXPIRED_CARD, Source.TERMINAL)
    if card.is_blocked:
        return declined(Reason.BLACK_LISTED_CARD_NUMBER, Source.TERMINAL)
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


def stand_in(order: Order, limits: Limits) -> Decision:
    """Decide for a bank that was asked in vain: accept what is small enough."""
    if order.amount < limits.delegation:
        decision = authorised(Source.DELEGATION, Mode.FALLBACK)
    else:
        decision = declined(Reason.AMOUNT_EXCEEDED, Source.DELEGATION, Mode.FALLBACK)
    return replace(decision, attempts=1)


def authorised(source: Source, mode: Mode = Mode.STANDARD) -> Decision:
    code = NETWORK_CODES[Reason.ACCEPTED]
    return Decision(Verdict.AUTHORISED, Reason.ACCEPTED, source, code, mode)


def declined(reason: Reason, source: Source, mode: Mode = Mode.STANDARD) -> Decision:
    return Decision(Verdict.DECLINED, reason, source, NETWORK_CODES[reason], mode)
