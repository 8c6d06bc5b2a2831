"""Facts of an order: from the question to the answer."""

from uuid import UUID

from apps.kit.signals import Facts, event, tell

from ..domain.orders import Screening
from ..domain.payment import Payment
from ..domain.rules import Decision
from .instruments import AGAIN, BANK_WAIT, DECISIONS, SCREENINGS


def decided(payment: Payment, decision: Decision, fraud: Screening) -> None:
    """The payment has its final answer."""
    facts: Facts = {
        "payment.id": payment.payment_id,
        "payment.verdict": decision.verdict,
        "payment.reason": decision.reason,
        "payment.mode": decision.mode,
        "payment.source": decision.source,
        "payment.amount": payment.amount,
        "payment.currency": payment.currency,
        "payment.network_code": decision.network_code,
        "merchant.id": payment.merchant_id,
        "pos.id": payment.pos_id,
        "card.brand": payment.card.brand,
        "card.token": payment.card.token,
        "card.status": fraud.status,
        "fraud.checked": fraud.checked,
    }
    tell("payment.decided", facts, count=DECISIONS)


def asked_again(payment_id: UUID, how: str) -> None:
    """An order came again under its key: replayed, resumed, in_flight or reused."""
    facts: Facts = {"payment.id": payment_id, "idempotency.outcome": how}
    tell("order.asked_again", facts, count=AGAIN)


def screened(fraud: Screening) -> None:
    """Fraud was asked about the card; a silent one is told by its client."""
    SCREENINGS.add({"fraud.checked": fraud.checked, "card.status": fraud.status})


def fraud_silent(why: str) -> None:
    """Fraud did not say in time what it thinks; the payment goes on without."""
    facts: Facts = {"fraud.checked": False, "fraud.silence": why}
    tell("fraud.silent", facts, level="warning")


def fraud_unasked(why: str) -> None:
    """An open breaker, say, kept us from asking: many are, and no line."""
    event("fraud.unasked", {"fraud.checked": False, "fraud.silence": why})


def bank_answered(seconds: float) -> None:
    """The bank gave its answer, yes or no."""
    BANK_WAIT.record(seconds, {"bank.outcome": "answered"})


def bank_silent(payment: Payment, seconds: float, why: str) -> None:
    """The bank gave no answer in time; somebody must decide for it."""
    facts: Facts = {
        "payment.id": payment.payment_id,
        "bank.outcome": "silent",
        "bank.silence": why,
        "payment.amount": payment.amount,
        "pos.id": payment.pos_id,
    }
    tell("bank.silent", facts, level="warning")
    BANK_WAIT.record(seconds, facts)


def caps_reached(payment: Payment) -> None:
    """No more is accepted in the bank's stead."""
    facts: Facts = {
        "payment.id": payment.payment_id,
        "payment.amount": payment.amount,
        "card.token": payment.card.token,
    }
    tell("standin.caps_reached", facts, level="warning")


def left_pending(payment: Payment) -> None:
    """The caller's time is up, and nobody knows what the bank says."""
    facts: Facts = {"payment.id": payment.payment_id, "payment.status": payment.status}
    tell("payment.pending", facts, level="warning")


def left_alone(payment: Payment, fault: Exception) -> None:
    """It could not be decided, or let go, this time; the others could."""
    facts: Facts = {
        "payment.id": payment.payment_id,
        "payment.status": payment.status,
        "error.type": type(fault).__qualname__,
    }
    tell("payment.left_alone", facts, level="error", fault=fault)


def recovered(payment: Payment, decision: Decision) -> None:
    """What was left undecided is decided, and nobody was there to hear it."""
    facts: Facts = {
        "payment.id": payment.payment_id,
        "payment.verdict": decision.verdict,
        "payment.reason": decision.reason,
        "payment.mode": decision.mode,
        "payment.source": decision.source,
        "payment.amount": payment.amount,
        "merchant.id": payment.merchant_id,
    }
    tell("payment.recovered", facts, count=DECISIONS, level="warning")
