"""Payments as rows, and back."""

from typing import Any, Final

import asyncpg

from apps.kit.values import Cents

from ..domain.cards import Card
from ..domain.orders import CaptureMethod, Screening, Terminal
from ..domain.payment import Payment, Reversal, StandIn, Status
from ..domain.rules import Decision, Mode, Reason, Source, Verdict

_DECISION: Final = (
    "response_code",
    "network_code",
    "processing_mode",
    "source",
    "attempts",
    "authorisation_id",
)


def hexadecimal(said: bytes) -> str:
    """Bytes as PostgreSQL reads them from a text."""
    return "\\x" + said.hex()


def card_of(row: asyncpg.Record) -> Card:
    return Card(row["card_token"], row["brand"], row["last4"], row["blocked"])


def terminal_of(row: asyncpg.Record) -> Terminal:
    capture = CaptureMethod(row["capture_method"])
    whose = (row["pos_id"], row["merchant_id"])
    return Terminal(*whose, row["active"], row["currency"], capture)


def row_of(payment: Payment) -> dict[str, object]:
    """All columns of the table payment."""
    fraud = payment.fraud
    return {
        "payment_id": payment.payment_id,
        "merchant_id": payment.merchant_id,
        "pos_id": payment.pos_id,
        "card_token": payment.card.token,
        "amount": payment.amount,
        "currency": payment.currency,
        "created_at": payment.created_at,
        "trace_id": payment.trace_id,
        "capture": payment.capture,
        "merchant_reference": payment.merchant_reference,
        "status": payment.status,
        "version": payment.version,
        **_decided(payment.decision),
        "captured": payment.captured,
        "refunded": payment.refunded,
        "fraud_status": fraud and fraud.status,
        "fraud_checked": fraud and fraud.checked,
        "reversal": payment.reversal,
        "standin": payment.standin,
        "is_settled": payment.is_settled,
    }


def _decided(decision: Decision | None) -> dict[str, object]:
    if decision is None:
        return dict.fromkeys(_DECISION)
    answer = (decision.reason, decision.network_code, decision.mode, decision.source)
    bank = (decision.attempts, decision.authorisation_id)
    return dict(zip(_DECISION, (*answer, *bank), strict=True))


def payment_of(row: asyncpg.Record) -> Payment:
    return Payment(
        row["payment_id"],
        row["merchant_id"],
        row["pos_id"],
        Card(row["card_token"], row["brand"], row["last4"]),
        Cents(row["amount"]),
        row["currency"],
        row["created_at"],
        row["trace_id"],
        Status(row["status"]),
        _decision(row),
        row["version"],
        CaptureMethod(row["capture"]),
        row["merchant_reference"],
        Cents(row["captured"]),
        Cents(row["refunded"]),
        _screening(row),
        row["reversal"] and Reversal(row["reversal"]),
        row["standin"] and StandIn(row["standin"]),
        row["is_settled"],
    )


def _screening(row: asyncpg.Record) -> Screening | None:
    checked: Any = row["fraud_checked"]
    return None if checked is None else Screening(row["fraud_status"], checked)


def _decision(row: asyncpg.Record) -> Decision | None:
    if row["response_code"] is None:
        return None
    reason = Reason(row["response_code"])
    return Decision(
        Verdict.AUTHORISED if reason is Reason.ACCEPTED else Verdict.DECLINED,
        reason,
        Source(row["source"]),
        row["network_code"],
        Mode(row["processing_mode"]),
        row["attempts"],
        row["authorisation_id"],
    )
