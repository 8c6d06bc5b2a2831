"""I3: no more is refunded than was captured, no more captured than authorised."""

from apps.verify.books import Books, pages
from apps.verify.findings import Finding

EXCEEDED = """
SELECT payment_id, amount, captured, refunded, status FROM payment
WHERE NOT (0 <= refunded AND refunded <= captured AND captured <= amount)
    OR (captured > 0) <> (status IN
        ('captured', 'settled', 'partially_refunded', 'refunded'))
ORDER BY payment_id
"""
MOVED = """
SELECT payment_id, payment.captured, coalesce(taken.amount, 0) AS taken,
    payment.refunded, coalesce(given.amount, 0) AS given
FROM payment
LEFT JOIN (SELECT payment_id, sum(amount)::bigint AS amount FROM capture GROUP BY 1) taken
    USING (payment_id)
LEFT JOIN (SELECT payment_id, sum(amount)::bigint AS amount FROM refund GROUP BY 1) given
    USING (payment_id)
WHERE payment.captured <> coalesce(taken.amount, 0)
    OR payment.refunded <> coalesce(given.amount, 0)
ORDER BY payment_id
"""
BOOKED = """
SELECT payment_id, captured, coalesce(booked.taken, 0) AS taken,
    refunded, coalesce(booked.given, 0) AS given
FROM payment LEFT JOIN (
    SELECT subject_id AS payment_id,
        sum(amount) FILTER (WHERE step = 'capture')::bigint AS taken,
        -sum(amount) FILTER (WHERE step LIKE 'refund:%')::bigint AS given
    FROM ledger_transaction JOIN ledger_entry USING (transfer_id)
    WHERE account IN ('scheme_receivable', 'standin_exposure', 'standin_loss')
        AND (step = 'capture' OR step LIKE 'refund:%')
    GROUP BY subject_id
) booked USING (payment_id)
WHERE captured <> coalesce(booked.taken, 0) OR refunded <> coalesce(booked.given, 0)
ORDER BY payment_id
"""
PAID_OUT = """
SELECT request_id, hold.captured FROM hold JOIN authorisation USING (authorisation_id)
WHERE state = 'captured'
"""
CAPTURED = """
SELECT paid.payment_id, paid.amount, coalesce(payment.captured, 0) AS captured
FROM unnest($1::uuid[], $2::bigint[]) AS paid (payment_id, amount)
LEFT JOIN payment USING (payment_id)
WHERE paid.amount > coalesce(payment.captured, 0) ORDER BY paid.payment_id
"""

CONFIRMED = """
SELECT payment_id, authorisation_id FROM payment p
WHERE captured > 0 AND authorisation_id IS NOT NULL AND $1 > (
    SELECT max(at) FROM payment_event e WHERE e.payment_id = p.payment_id
        AND type IN ('PaymentCaptured', 'StandInReconciled')
)
"""
UNTOLD = """
SELECT asked.payment_id, coalesce(state, 'nothing') AS state
FROM unnest($1::uuid[], $2::uuid[]) AS asked (payment_id, authorisation_id)
LEFT JOIN authorisation a
    ON a.authorisation_id = asked.authorisation_id AND a.request_id = asked.payment_id
LEFT JOIN hold ON hold.authorisation_id = a.authorisation_id
WHERE state IS DISTINCT FROM 'captured' ORDER BY asked.payment_id
"""


async def amounts_fit(books: Books) -> Finding:
    """Refunded ≤ captured ≤ authorised, in rows, books, and at the bank."""
    db = books.payments
    wrong = [
        f"payment {row['payment_id']} ({row['status']}): of {row['amount']}"
        f" captured {row['captured']}, refunded {row['refunded']}"
        for row in await db.fetch(EXCEEDED)
    ]
    wrong += [
        f"payment {row['payment_id']}: captured {row['captured']}, refunded"
        f" {row['refunded']}, but {row['taken']} and {row['given']} moved"
        for row in await db.fetch(MOVED)
    ]
    wrong += [
        f"payment {row['payment_id']}: captured {row['captured']}, refunded"
        f" {row['refunded']}, but {row['taken']} and {row['given']} booked"
        for row in await db.fetch(BOOKED)
    ]
    return Finding(
        await db.fetchval("SELECT count(*) FROM payment"),
        wrong + await _overpaid(books) + await _untold(books),
    )


async def _overpaid(books: Books) -> list[str]:
    """The bank's snapshot is the older one: what it paid out was captured before."""
    paid = await books.bank.fetch(PAID_OUT)
    asked = [row["request_id"] for row in paid], [row["captured"] for row in paid]
    return [
        f"payment {row['payment_id']}: the bank paid {row['amount']},"
        f" captured was {row['captured']}"
        for row in await books.payments.fetch(CAPTURED, *asked)
    ]


async def _untold(books: Books) -> list[str]:
    """What was captured, and the bank has had the time to know of, and does not."""
    wrong = []
    async for page in pages(books.payments, CONFIRMED, books.settled_before):
        asked = [row[0] for row in page], [row[1] for row in page]
        wrong += [
            f"payment {row['payment_id']}: captured, and at the bank {row['state']}"
            for row in await books.bank.fetch(UNTOLD, *asked)
        ]
    return wrong
