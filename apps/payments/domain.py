"""Who may pay: the rules of a card payment, in the order a cashier would check."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Literal
from uuid import UUID

from apps.kit.values import Cents, Pan


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
    AUTHORIZATION_DENIED = "AUTHORIZATION_DENIED"
    AMOUNT_EXCEEDED = "AMOUNT_EXCEEDED"


NETWORK_CODES: Final[Mapping[Reason, str]] = MappingProxyType(
    {
        Reason.ACCEPTED: "00",
        Reason.INACTIVE_POS: "58",
        Reason.UNKNOWN_CARD_TYPE: "15",
        Reason.AUTHORIZATION_DENIED: "05",
        Reason.AMOUNT_EXCEEDED: "91",
    }
)
"""Response codes of ISO 8583, data element 39."""

UNKNOWN_BRAND = "UNKNOWN"

BRANDS: Final[Mapping[str, re.Pattern[str]]] = MappingProxyType(
    {
        "VISA": re.compile(r"4\d{12}(\d{3}(\d{3})?)?"),
        "MASTERCARD": re.compile(
            r"(5[1-5]\d{2}|222[1-9]|22[3-9]\d|2[3-6]\d{2}|27[01]\d|2720)\d{12}"
        ),
        "AMERICAN_EXPRESS": re.compile(r"3[47]\d{13}"),
        "DINERS_CLUB": re.compile(r"3(0[0-5]|[68]\d)\d{11}"),
        "DISCOVER": re.compile(r"6(011|5\d{2})\d{12}"),
        "JCB": re.compile(r"35\d{14}"),
    }
)


@dataclass(frozen=True, slots=True)
class Order:
    """What a point of sale asks for."""

    pos_id: str
    pan: Pan
    expiry: str
    amount: Cents
    currency: str


@dataclass(frozen=True, slots=True)
class Terminal:
    pos_id: str
    merchant_id: str
    is_active: bool


@dataclass(frozen=True, slots=True)
class Card:
    """A card as everybody but its issuer and we know it."""

    token: UUID
    brand: str
    last4: str


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


@dataclass(frozen=True, slots=True)
class Payment:
    payment_id: UUID
    merchant_id: str
    pos_id: str
    card: Card
    amount: Cents
    currency: str
    decision: Decision
    created_at: datetime
    trace_id: str


ASK_BANK: Final[Literal["ask the bank"]] = "ask the bank"


def brand_of(pan: Pan) -> str:
    """Name the scheme whose numbers look like this one."""
    for brand, pattern in BRANDS.items():
        if pattern.fullmatch(pan.digits):
            return brand
    return UNKNOWN_BRAND


def judge(
    order: Order, terminal: Terminal, card: Card, limits: Limits
) -> Decision | Literal["ask the bank"]:
    """Decide from what the shop knows; above its floor limit, the bank decides."""
    if not terminal.is_active:
        return declined(Reason.INACTIVE_POS, Source.TERMINAL)
    if card.brand == UNKNOWN_BRAND:
        return declined(Reason.UNKNOWN_CARD_TYPE, Source.TERMINAL)
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
