"""The names that payments tells, declared: see `kit/declaring.py`."""

from apps.kit.declaring import Attribute

from ..domain.cards import BRANDS, UNKNOWN_BRAND
from ..domain.changes import Outcome, VoidReason
from ..domain.payment import Status
from ..domain.rules import NETWORK_CODES, Mode, Reason, Source, Verdict
from ..domain.sagas import Step

ATTRIBUTES = (
    Attribute("payment.id", str, "Ours; the same in all services.", "0197a3f2-…"),
    Attribute("payment.verdict", str, "The answer to an order.", values=Verdict),
    Attribute("payment.reason", str, "Why that answer.", values=Reason),
    Attribute("payment.mode", str, "Whether the bank was to be asked.", values=Mode),
    Attribute("payment.source", str, "Who decided.", values=Source),
    Attribute("payment.status", str, "How far a payment is.", values=Status),
    Attribute("payment.amount", int, "In minor units of its currency.", 12000),
    Attribute("payment.currency", str, "ISO 4217.", "EUR", most=8),
    Attribute(
        "payment.network_code",
        str,
        "The reason as ISO 8583 writes it.",
        values=tuple(sorted(set(NETWORK_CODES.values()))),
    ),
    Attribute("merchant.id", str, "Whose payment it is.", "M-01"),
    Attribute("pos.id", str, "The terminal.", "POS-01"),
    Attribute(
        "card.brand",
        str,
        "As its number begins.",
        values=(*BRANDS, UNKNOWN_BRAND),
    ),
    Attribute("card.token", str, "Stands for a card; never its number.", "05db3880-…"),
    Attribute("card.payments", int, "Payments that are to be voided.", 2),
    Attribute("bank.outcome", str, "", "answered", values=("answered", "silent")),
    Attribute("bank.silence", str, "Why it is silent: a class.", "ReadTimeout"),
    Attribute("bank.refusal", str, "The problem that it answered.", "invalid-state"),
    Attribute("fraud.checked", bool, "Whether fraud answered in time."),
    Attribute("fraud.silence", str, "Why it did not: a class.", "ReadTimeout"),
    Attribute(
        "idempotency.outcome",
        str,
        "What became of an order that came again.",
        values=("replayed", "resumed", "in_flight", "reused"),
    ),
    Attribute("movement.id", str, "Of the capture, void or refund.", "0197a3f3-…"),
    Attribute(
        "movement.kind", str, "", "capture", values=("capture", "void", "refund")
    ),
    Attribute("movement.amount", int, "In minor units of its currency.", 3000),
    Attribute("void.reason", str, "Who wanted it gone.", values=VoidReason),
    Attribute("saga.step", str, "A step that finishes a payment.", values=Step),
    Attribute("saga.attempt", int, "Which attempt at it.", 1),
    Attribute(
        "saga.outcome",
        str,
        "What came of the attempt.",
        values=("done", "failed", "postponed", "refused"),
    ),
    Attribute("saga.steps", int, "So many are due at once.", 14),
    Attribute("standin.outcome", str, "What the bank makes of it.", values=Outcome),
    Attribute("ledger.imbalance", int, "Transactions that do not sum to 0.", 1),
    Attribute("settlement.id", str, "The batch.", "0197a3f4-…"),
    Attribute("settlement.payments", int, "Payments in it.", 4),
    Attribute("settlement.gross", int, "All of them, in minor units.", 51998),
    Attribute("settlement.refunds", int, "Refunds taken off.", 1999),
    Attribute("settlement.fees", int, "Fees taken off.", 691),
    Attribute("settlement.net", int, "What is paid out.", 49308),
)
