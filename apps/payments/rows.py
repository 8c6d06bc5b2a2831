"""Payments as rows, and back."""

import asyncpg

from apps.kit.values import Cents

from .domain.cards import Card
from .domain.payment import Payment, Status
from .domain.rules import Decision, Mode, Reason, Source, Verdict


def card_of(row: asyncpg.Record) -> Card:
    return Card(row["card_token"], row["brand"], row["last4"], row["blocked"])


def row_of(payment: Payment) -> tuple[object, ...]:
    decision = payment.decision
    decided = (
        decision and decision.reason,
        decision and decision.network_code,
        decision and decision.mode,
        decision and decision.source,
        decision and decision.attempts,
        decision and decision.authorisation_id,
    )
    return (
        payment.payment_id,
        payment.merchant_id,
        payment.pos_id,
        payment.card.token,
        payment.amount,
        payment.currency,
        payment.created_at,
        payment.trace_id,
        payment.status,
        payment.version,
        *decided,
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
    )


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
