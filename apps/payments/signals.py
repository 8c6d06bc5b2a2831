"""Every fact that payments tells."""

from uuid import UUID

from apps.kit.signals import Counter, Facts, Histogram, tell

from .domain.payment import Payment
from .domain.rules import Decision, Order

DECISIONS = Counter(
    "payments.decisions",
    unit="{payment}",
    about="Payments decided.",
    by=("payment.verdict", "payment.reason", "payment.mode", "payment.source"),
)

AGAIN = Counter(
    "payments.orders.again",
    unit="{order}",
    about="Orders that came again under their idempotency key.",
    by=("idempotency.outcome",),
)

BANK_WAIT = Histogram(
    "payments.bank.wait",
    unit="s",
    about="How long payments waited for the bank.",
    by=("bank.outcome",),
)


def decided(payment: Payment, decision: Decision) -> None:
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
    }
    tell("payment.decided", facts, count=DECISIONS)


def asked_again(payment_id: UUID, how: str) -> None:
    """An order came again under its key: replayed, resumed, in_flight or reused."""
    facts: Facts = {"payment.id": payment_id, "idempotency.outcome": how}
    tell("order.asked_again", facts, count=AGAIN)


def bank_answered(seconds: float) -> None:
    """The bank gave its answer, yes or no."""
    BANK_WAIT.record(seconds, {"bank.outcome": "answered"})


def bank_silent(order: Order, seconds: float, why: str) -> None:
    """The bank gave no answer in time; somebody must decide for it."""
    facts: Facts = {
        "bank.outcome": "silent",
        "bank.silence": why,
        "payment.amount": order.amount,
        "pos.id": order.pos_id,
    }
    tell("bank.silent", facts, level="warning")
    BANK_WAIT.record(seconds, facts)
