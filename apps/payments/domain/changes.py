"""What can happen to a payment: each a fact that is kept for ever."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self
from uuid import UUID

from apps.kit.values import Cents

from .cards import Card
from .orders import CaptureMethod, Order, Screening, Terminal
from .rules import Decision, Mode, Reason, Source, Verdict


class VoidReason(StrEnum):
    """Who wanted an authorised payment gone."""

    MERCHANT = "merchant"
    FRAUD = "fraud"
    STANDIN_REJECTED = "standin_rejected"
    EXPIRED = "expired"


class Outcome(StrEnum):
    """What the bank makes of a payment that was accepted in its stead."""

    CONFIRMED = "confirmed"
    """It had approved, and only its answer was lost."""
    SUBMITTED = "submitted"
    """It had never heard of it, and approved it now."""
    REJECTED = "rejected"


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
    capture: CaptureMethod = CaptureMethod.MANUAL
    merchant_reference: str | None = None

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
            order.capture or terminal.capture,
            order.merchant_reference,
        )


@dataclass(frozen=True, slots=True)
class AuthorisationRequested:
    """The bank is about to be asked: kept before it is, or its answer could be lost."""

    request_id: UUID
    attempt: int
    deadline_ms: int


@dataclass(frozen=True, slots=True)
class AuthorisationUnknown:
    """The caller's time is up, and the bank has said neither yes nor no."""

    reason: str


@dataclass(frozen=True, slots=True)
class PaymentAuthorised:
    source: Source
    network_code: str
    mode: Mode
    attempts: int
    authorisation_id: UUID | None = None
    fraud: Screening | None = None


@dataclass(frozen=True, slots=True)
class PaymentDeclined:
    reason: Reason
    source: Source
    network_code: str
    mode: Mode
    attempts: int
    authorisation_id: UUID | None = None
    fraud: Screening | None = None


@dataclass(frozen=True, slots=True)
class ReversalRequested:
    """Whatever the bank holds for this payment is to be let go: kept before it is."""

    reason: str


@dataclass(frozen=True, slots=True)
class ReversalConfirmed:
    """The bank holds nothing, and never will: `tombstone` if it never had."""

    tombstone: bool


@dataclass(frozen=True, slots=True)
class StandInReconciled:
    """The bank has had its say on a payment that was accepted in its stead."""

    outcome: Outcome
    authorisation_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class PaymentCaptured:
    """The money is to move: `amount` of what was authorised; the rest is released."""

    capture_id: UUID
    amount: Cents
    fee: Cents


@dataclass(frozen=True, slots=True)
class PaymentVoided:
    void_id: UUID
    reason: VoidReason


@dataclass(frozen=True, slots=True)
class PaymentRefunded:
    refund_id: UUID
    amount: Cents


@dataclass(frozen=True, slots=True)
class PaymentSettled:
    """The merchant has been paid: `net` is `gross` less `fee`."""

    batch_id: UUID
    gross: Cents
    fee: Cents
    net: Cents


@dataclass(frozen=True, slots=True)
class PaymentFlagged:
    """Its card looks bad; what follows from that is another event."""

    status: str
    count: int


Event = (
    PaymentReceived
    | AuthorisationRequested
    | AuthorisationUnknown
    | PaymentAuthorised
    | PaymentDeclined
    | ReversalRequested
    | ReversalConfirmed
    | StandInReconciled
    | PaymentCaptured
    | PaymentVoided
    | PaymentRefunded
    | PaymentSettled
    | PaymentFlagged
)


def deciding(
    decision: Decision, fraud: Screening | None = None
) -> PaymentAuthorised | PaymentDeclined:
    """The event that makes the decision true."""
    rest = (decision.source, decision.network_code, decision.mode, decision.attempts)
    if decision.verdict is Verdict.AUTHORISED:
        return PaymentAuthorised(*rest, decision.authorisation_id, fraud)
    return PaymentDeclined(decision.reason, *rest, decision.authorisation_id, fraud)


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
