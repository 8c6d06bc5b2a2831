"""Captures, refunds and the batches that pay them out, as rows."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

import asyncpg

from apps.kit.database import Connection
from apps.kit.values import Cents

from ..domain.changes import PaymentCaptured, PaymentRefunded
from ..domain.orders import Exposure
from ..domain.payment import Happened, Payment
from ..domain.settlement import Batch, Debt, Repayment

COUNTED_FOR = timedelta(hours=24)

ONE_BY_ONE = "SELECT pg_advisory_xact_lock(7246)"
EXPOSURE = """
SELECT
    (SELECT count(*) FROM payment WHERE standin IS NOT NULL
        AND card_token = $1 AND created_at > $2 AND payment_id <> $3) AS of_card,
    (SELECT coalesce(sum(amount), 0)::bigint FROM payment WHERE standin = 'open'
        AND payment_id <> $3) AS total
"""
EXPOSED = """
SELECT coalesce(sum(amount), 0)::bigint FROM payment WHERE standin = 'open'
"""
OURS_TO_PAY = """batch_id IS NULL AND standin IS DISTINCT FROM 'open' AND NOT EXISTS (
    SELECT FROM saga WHERE saga.payment_id = capture.payment_id
        AND saga.step = 'bank_capture' AND saga.state <> 'done'
)"""
"""The bank has spoken, and knows what was captured: nobody is paid before it is told."""
TO_PAY = f"""
SELECT merchant_id, currency FROM capture JOIN payment USING (payment_id, merchant_id)
WHERE {OURS_TO_PAY}
UNION
SELECT merchant_id, currency FROM refund JOIN payment USING (payment_id, merchant_id)
WHERE batch_id IS NULL AND is_settled
"""  # noqa: S608  (a constant)
DEBTS = f"""
SELECT payment_id, capture.amount, fee, standin = 'rejected' AS is_lost
FROM capture JOIN payment USING (payment_id, merchant_id)
WHERE merchant_id = $1 AND currency = $2 AND {OURS_TO_PAY}
ORDER BY capture.at LIMIT $3 FOR UPDATE SKIP LOCKED
"""  # noqa: S608  (a constant)
REPAYMENTS = """
SELECT refund_id, refund.amount, standin = 'rejected' AS is_lost
FROM refund JOIN payment USING (payment_id, merchant_id)
WHERE merchant_id = $1 AND currency = $2 AND batch_id IS NULL
    AND (is_settled OR payment_id = ANY($3::uuid[]))
FOR UPDATE OF refund SKIP LOCKED
"""
INSERT_BATCH = """
INSERT INTO settlement_batch (batch_id, merchant_id, currency, at, payments, gross,
    refunds, fees, net, trace_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
"""
MARK_CAPTURES = "UPDATE capture SET batch_id = $1 WHERE payment_id = ANY($2::uuid[])"
MARK_REFUNDS = "UPDATE refund SET batch_id = $1 WHERE refund_id = ANY($2::uuid[])"


def captures(happened: Iterable[Happened]) -> list[dict[str, object]]:
    return [
        {"capture_id": each.event.capture_id, "fee": each.event.fee, **_moved(each)}
        for each in happened
        if isinstance(each.event, PaymentCaptured)
    ]


def refunds(happened: Iterable[Happened]) -> list[dict[str, object]]:
    return [
        {"refund_id": each.event.refund_id, **_moved(each)}
        for each in happened
        if isinstance(each.event, PaymentRefunded)
    ]


def _moved(happened: Happened) -> dict[str, object]:
    event: Any = happened.event
    return {
        "payment_id": happened.payment.payment_id,
        "merchant_id": happened.payment.merchant_id,
        "amount": event.amount,
        "at": happened.recorded.at,
    }


async def exposure(db: Connection, payment: Payment) -> Exposure:
    """What was accepted in the bank's stead before this one; others wait for us."""
    await db.execute(ONE_BY_ONE)
    since = payment.created_at - COUNTED_FOR
    row = await db.fetchrow(EXPOSURE, payment.card.token, since, payment.payment_id)
    of_card, total = cast("asyncpg.Record", row)
    return Exposure(of_card, Cents(total))


async def exposed(db: Connection) -> Cents:
    """What counts against the cap: accepted, and the bank has not spoken on it."""
    return Cents(await db.fetchval(EXPOSED))


async def to_pay(db: Connection) -> Sequence[tuple[str, str]]:
    """Merchants with something to settle, and in which currency."""
    return [(row["merchant_id"], row["currency"]) for row in await db.fetch(TO_PAY)]


async def unsettled(
    db: Connection, batch_id: UUID, merchant_id: str, currency: str, most: int
) -> Batch:
    """What the merchant is owed, and owes; ours until the transaction ends."""
    rows = await db.fetch(DEBTS, merchant_id, currency, most)
    debts = [_debt(row) for row in rows]
    paid = [debt.payment_id for debt in debts]
    owed = await db.fetch(REPAYMENTS, merchant_id, currency, paid)
    repayments = [_repayment(row) for row in owed]
    return Batch(batch_id, merchant_id, currency, debts, repayments)


async def settle(db: Connection, batch: Batch, at: datetime, trace_id: str) -> None:
    """Keep the batch; what it pays out is paid out once."""
    counted = (at, len(batch.debts), batch.gross, batch.refunds, batch.fees, batch.net)
    whose = (batch.batch_id, batch.merchant_id, batch.currency)
    await db.execute(INSERT_BATCH, *whose, *counted, trace_id)
    paid = [debt.payment_id for debt in batch.debts]
    await db.execute(MARK_CAPTURES, batch.batch_id, paid)
    repaid = [repayment.refund_id for repayment in batch.repayments]
    await db.execute(MARK_REFUNDS, batch.batch_id, repaid)


def _debt(row: asyncpg.Record) -> Debt:
    amount, fee = Cents(row["amount"]), Cents(row["fee"])
    return Debt(row["payment_id"], amount, fee, bool(row["is_lost"]))


def _repayment(row: asyncpg.Record) -> Repayment:
    return Repayment(row["refund_id"], Cents(row["amount"]), bool(row["is_lost"]))
