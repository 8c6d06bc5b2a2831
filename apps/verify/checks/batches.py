"""I13: a batch is the sum of what is in it, and nothing is left out of all."""

from apps.payments.store.movements import OURS_TO_PAY
from apps.verify.books import Books
from apps.verify.findings import Finding

MISCOUNTED = """
SELECT batch_id, net, coalesce(taken, 0) - coalesce(cost, 0) - coalesce(given, 0) AS sum,
    coalesce(paid, 0) AS paid
FROM settlement_batch b
LEFT JOIN (
    SELECT batch_id, count(*) AS captures, sum(capture.amount) AS taken, sum(fee) AS cost,
        sum(capture.amount) FILTER (WHERE standin IS DISTINCT FROM 'rejected') AS due
    FROM capture JOIN payment USING (payment_id) GROUP BY batch_id
) captured USING (batch_id)
LEFT JOIN (
    SELECT batch_id, sum(refund.amount) AS given,
        sum(refund.amount) FILTER (WHERE standin IS DISTINCT FROM 'rejected') AS back
    FROM refund JOIN payment USING (payment_id) GROUP BY batch_id
) refunded USING (batch_id)
LEFT JOIN (
    SELECT subject_id AS batch_id,
        -sum(e.amount) FILTER (WHERE account = 'scheme_receivable') AS collected,
        sum(e.amount) FILTER (WHERE account = 'merchant_payable:' || merchant_id) AS paid
    FROM ledger_transaction t JOIN ledger_entry e USING (transfer_id)
    JOIN settlement_batch ON batch_id = subject_id GROUP BY subject_id
) booked USING (batch_id)
WHERE (payments, gross, fees, refunds) IS DISTINCT FROM (coalesce(captures, 0),
        coalesce(taken, 0), coalesce(cost, 0), coalesce(given, 0))
    OR net <> coalesce(paid, 0)
    OR coalesce(due, 0) - coalesce(back, 0) <> coalesce(collected, 0)
ORDER BY batch_id
"""
UNKNOWN = """
SELECT id, batch_id FROM (
    SELECT capture_id AS id, batch_id FROM capture
    UNION ALL SELECT refund_id, batch_id FROM refund
) moved WHERE batch_id IS NOT NULL AND NOT EXISTS (
    SELECT FROM settlement_batch b WHERE b.batch_id = moved.batch_id
) ORDER BY id
"""
OTHERWISE = """
SELECT payment_id, capture.batch_id AS row, told.batch_id AS event
FROM capture FULL JOIN (
    SELECT payment_id, (data ->> 'batch_id')::uuid AS batch_id FROM payment_event
    WHERE type = 'PaymentSettled'
) told USING (payment_id)
WHERE capture.batch_id IS DISTINCT FROM told.batch_id ORDER BY payment_id
"""
LEFT_OUT = f"""
WITH waiting AS (
    SELECT 'capture' AS what, capture_id AS id, capture.merchant_id, currency,
        capture.amount - fee AS net, $1 > greatest(capture.at,
            (SELECT max(at) FROM payment_event e WHERE type = 'StandInReconciled'
                AND e.payment_id = capture.payment_id),
            (SELECT progressed_at FROM saga WHERE step = 'bank_capture'
                AND saga.payment_id = capture.payment_id)
        ) AS is_late
    FROM capture JOIN payment USING (payment_id) WHERE {OURS_TO_PAY}
    UNION ALL
    SELECT 'refund', refund_id, refund.merchant_id, currency, -refund.amount,
        is_settled AND refund.at < $1
    FROM refund JOIN payment USING (payment_id)
    WHERE batch_id IS NULL AND (is_settled OR EXISTS (
        SELECT FROM capture WHERE capture.payment_id = refund.payment_id AND {OURS_TO_PAY}
    ))
), summed AS (
    SELECT *, sum(net) OVER whose AS whole,
        sum(net) FILTER (WHERE is_late) OVER whose AS late
    FROM waiting WINDOW whose AS (PARTITION BY merchant_id, currency)
)
SELECT what, id, merchant_id FROM summed
WHERE is_late AND whole >= 0 AND late >= 0 ORDER BY id
"""  # noqa: S608  (a constant)


async def batches_add_up(books: Books) -> Finding:
    """What a merchant owes may wait; what he is owed waits for one settlement at most."""
    db = books.payments
    wrong = [
        f"batch {row['batch_id']}: {row['net']}, of what is in it {row['sum']},"
        f" booked {row['paid']}"
        for row in await db.fetch(MISCOUNTED)
    ]
    wrong += [
        f"movement {row['id']}: in a batch {row['batch_id']} that there is not"
        for row in await db.fetch(UNKNOWN)
    ]
    wrong += [
        f"payment {row['payment_id']}: settled in {row['event']}, its capture in"
        f" {row['row']}"
        for row in await db.fetch(OTHERWISE)
    ]
    late = books.settled_before - books.settles_every
    wrong += [
        f"{row['what']} {row['id']} of {row['merchant_id']}: in no batch"
        for row in await db.fetch(LEFT_OUT, late)
    ]
    return Finding(await db.fetchval("SELECT count(*) FROM settlement_batch"), wrong)
