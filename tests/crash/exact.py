"""Effects as they must be: each event counted, shown and told once."""

from collections import Counter

from .world import Books

DECIDED = """
SELECT card_token, count(*) FROM payment JOIN payment_event USING (payment_id)
WHERE type IN ('PaymentAuthorised', 'PaymentDeclined') GROUP BY card_token
"""
MONEY = """
SELECT merchant_id, coalesce(sum(captured), 0)::bigint AS captured,
    coalesce(sum(refunded), 0)::bigint AS refunded,
    coalesce(sum(amount) FILTER (WHERE status = 'authorised'), 0)::bigint AS pending
FROM payment GROUP BY merchant_id
"""
FEES = "SELECT merchant_id, sum(fee)::bigint AS fees FROM capture GROUP BY merchant_id"
PAID_OUT = """
SELECT merchant_id, sum(net)::bigint AS settled FROM settlement_batch
GROUP BY merchant_id
"""
BALANCES = """
SELECT merchant_id, captured, refunded, fees, settled, pending
FROM balance_view JOIN projection_offset USING (generation)
WHERE projection = 'balance_view' AND state = 'serving'
"""
HAPPENED = """
SELECT lower(replace(type, 'Payment', '')) AS outcome, count(*) FROM payment_event
WHERE type IN ('PaymentAuthorised', 'PaymentDeclined', 'PaymentCaptured',
    'PaymentVoided', 'PaymentRefunded', 'PaymentSettled')
GROUP BY outcome
"""
DAYS = """
SELECT outcome, sum(count)::bigint FROM merchant_day JOIN projection_offset
    USING (generation)
WHERE projection = 'merchant_day' AND state = 'serving' GROUP BY outcome
"""
ANNOUNCED = """
SELECT id FROM outbox WHERE subject LIKE 'pay.v1.payment.%'
    AND subject <> 'pay.v1.payment.received'
"""
NOTIFIED = "SELECT event_id FROM notification"


async def all_effects(books: Books):
    """Counts, sums and notifications are those of the payments, no more and no less."""
    await _counted(books)
    await _summed(books)
    await _told(books)


async def _counted(books: Books):
    decided = dict(map(tuple, await books.payments.fetch(DECIDED)))
    counts = await books.databases["fraud"].fetch(
        "SELECT card_token, count FROM card_risk"
    )
    assert dict(map(tuple, counts)) == decided


async def _summed(books: Books):
    office = books.databases["backoffice"]
    happened = dict(map(tuple, await books.payments.fetch(HAPPENED)))
    assert dict(map(tuple, await office.fetch(DAYS))) == happened
    meant: dict[str, dict] = {}
    for query in (MONEY, FEES, PAID_OUT):
        for row in await books.payments.fetch(query):
            meant.setdefault(row["merchant_id"], {}).update(row)
    shown = {row["merchant_id"]: dict(row) for row in await office.fetch(BALANCES)}
    nothing = dict.fromkeys(("captured", "refunded", "fees", "settled", "pending"), 0)
    assert shown == {
        name: nothing | each for name, each in meant.items() if name in shown
    }


async def _told(books: Books):
    announced = await books.payments.fetch(ANNOUNCED)
    notified = await books.databases["notifications"].fetch(NOTIFIED)
    assert Counter(row["event_id"] for row in notified) == Counter(
        row["id"] for row in announced
    )
