"""I5: an order is paid once under its key."""

from collections import defaultdict
from datetime import timedelta

from apps.verify.books import Books
from apps.verify.findings import Finding, NotLookedAt

from .clients import acknowledged

REMEMBERED = timedelta(hours=23)
"""Keys are forgotten after a day; a little before, they are all still there."""

UNCLAIMED = """
SELECT payment_id FROM payment p
WHERE created_at > $1 AND created_at > (SELECT min(first_at) FROM idempotency)
    AND NOT EXISTS (SELECT FROM idempotency i
        WHERE i.payment_id = p.payment_id AND i.route = 'POST /payments')
ORDER BY payment_id
"""
SHARED = """
SELECT payment_id, count(*) AS keys FROM idempotency WHERE route = 'POST /payments'
GROUP BY payment_id HAVING count(*) > 1 ORDER BY payment_id
"""
EMPTY = """
SELECT payment_id FROM idempotency i WHERE status BETWEEN 200 AND 299
    AND NOT EXISTS (SELECT FROM payment p WHERE p.payment_id = i.payment_id)
ORDER BY payment_id
"""


async def paid_once(books: Books) -> Finding:
    """Each payment has a key of its own, and each key that was answered a payment.

    A key is kept in the transaction that begins its payment: a second payment under one
    key would be one that no key leads to.
    """
    db = books.payments
    wrong = [
        f"payment {row['payment_id']}: no key leads to it"
        for row in await db.fetch(UNCLAIMED, books.at - REMEMBERED)
    ]
    wrong += [
        f"payment {row['payment_id']}: {row['keys']} keys lead to it"
        for row in await db.fetch(SHARED)
    ]
    wrong += [
        f"payment {row['payment_id']}: answered under a key, and not there"
        for row in await db.fetch(EMPTY)
    ]
    keys = await db.fetchval("SELECT count(*) FROM idempotency")
    return Finding(keys, wrong + _paid_twice(books))


def _paid_twice(books: Books) -> list[str]:
    """As its client saw it, a key led to more than one payment."""
    try:
        answers = acknowledged(books)
    except NotLookedAt:
        return []
    paid = defaultdict(set)
    for each in answers:
        if each.key and each.payment_id:
            paid[each.key].add(each.payment_id)
    return [
        f"key {key}: paid as {' and as '.join(sorted(map(str, payments)))}"
        for key, payments in paid.items()
        if len(payments) > 1
    ]
