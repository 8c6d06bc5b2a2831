"""Payments as rows, and back."""

from typing import Any

import asyncpg

from apps.kit.values import Cents

from ..domain.cards import Card
from ..domain.orders import CaptureMethod, Screening, Terminal
from ..domain.payment import Payment, Reversal, StandIn, Status
from ..domain.rules import Decision, Mode, Reason, Source, Verdict

COLUMNS = (
    "payment_id",
    "merchant_id",
    "pos_id",
    "card_token",
    "amount",
    "currency",
    "created_at",
    "trace_id",
    "capture",
    "merchant_reference",
    "status",
    "version",
    "response_code",
    "network_code",
    "processing_mode",
    "source",
    "attempts",
    "authorisation_id",
    "captured",
    "refunded",
    "fraud_status",
    "fraud_checked",
    "reversal",
    "standin",
    "is_settled",
)
"""Of the table payment, in the order of `row_of`."""

FIXED = 10
"""The first so many never change."""


def card_of(row: asyncpg.Record) -> Card:
    return Card(row["card_token"], row["brand"], row["last4"], row["blocked"])


def terminal_of(row: asyncpg.Record) -> Terminal:
    capture = CaptureMethod(row["capture_method"])
    whose = (row["pos_id"], row["merchant_id"])
    return Terminal(*whose, row["active"], row["currency"], capture)


def row_of(payment: Payment) -> tuple[object, ...]:
    fraud = payment.fraud
    return (
        payment.payment_id,
        payment.merchant_id,
        payment.pos_id,
        payment.card.token,
        payment.amount,
        payment.currency,
        payment.created_at,
        payment.trace_id,
        payment.capture,
        payment.merchant_reference,
        payment.status,
        payment.version,
        *_decided(payment.decision),
        payment.captured,
        payment.refunded,
        fraud and fraud.status,
        fraud and fraud.checked,
        payment.reversal,
        payment.standin,
        payment.is_settled,
    )


def _decided(decision: Decision | None) -> tuple[object, ...]:
    if decision is None:
        return (None,) * 6
    return (
        decision.reason,
        decision.network_code,
        decision.mode,
        decision.source,
        decision.attempts,
        decision.authorisation_id,
    )


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
