"""What can happen to a payment: each a fact that is kept for ever."""

from dataclasses import dataclass
from typing import Self
from uuid import UUID

from apps.kit.values import Cents

from .cards import Card
from .rules import Decision, Mode, Order, Reason, Source, Terminal, Verdict


@dataclass(frozen=True, slots=True)
class PaymentReceived:
    """An order that can be decided on has come in."""

    merchant_id: str
    pos_id: str
    card_token: UUID
    brand: str
    last4: str
    amount: Cents
    currency: str

    @classmethod
    def of(cls, order: Order, terminal: Terminal, card: Card) -> Self:
        return cls(
            terminal.merchant_id,
            terminal.pos_id,
            card.token,
            card.brand,
            card.last4,
            order.amount,
            order.currency,
        )


@dataclass(frozen=True, slots=True)
class AuthorisationRequested:
    """The bank is about to be asked: kept before it is, or its answer could be lost."""

    request_id: UUID
    attempt: int
    deadline_ms: int


@dataclass(frozen=True, slots=True)
class PaymentAuthorised:
    source: Source
    network_code: str
    mode: Mode
    attempts: int
    authorisation_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class PaymentDeclined:
    reason: Reason
    source: Source
    network_code: str
    mode: Mode
    attempts: int
    authorisation_id: UUID | None = None


Event = PaymentReceived | AuthorisationRequested | PaymentAuthorised | PaymentDeclined


def deciding(decision: Decision) -> PaymentAuthorised | PaymentDeclined:
    """The event that makes the decision true."""
    rest = (decision.source, decision.network_code, decision.mode, decision.attempts)
    if decision.verdict is Verdict.AUTHORISED:
        return PaymentAuthorised(*rest, decision.authorisation_id)
    return PaymentDeclined(decision.reason, *rest, decision.authorisation_id)


def decision_of(event: PaymentAuthorised | PaymentDeclined) -> Decision:
    """The decision that the event made true."""
    yes = isinstance(event, PaymentAuthorised)
    return Decision(
        Verdict.AUTHORISED if yes else Verdict.DECLINED,
        Reason.ACCEPTED if isinstance(event, PaymentAuthorised) else event.reason,
        event.source,
        event.network_code,
        event.mode,
        event.attempts,
        event.authorisation_id,
    )
