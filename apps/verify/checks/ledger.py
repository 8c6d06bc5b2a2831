"""I1: what is booked sums to zero."""

from apps.verify.books import Books
from apps.verify.findings import Finding

UNBALANCED = """
SELECT transfer_id, currency, sum(amount)::bigint AS off FROM ledger_entry
GROUP BY transfer_id, currency HAVING sum(amount) <> 0 ORDER BY transfer_id
"""
IN_ALL = """
SELECT currency, sum(amount)::bigint AS off FROM ledger_entry
GROUP BY currency HAVING sum(amount) <> 0 ORDER BY currency
"""
HALF_BOOKED = """
SELECT transfer_id FROM ledger_transaction FULL JOIN
    (SELECT DISTINCT transfer_id FROM ledger_entry) entered USING (transfer_id)
WHERE kind IS NULL OR (kind <> 'void' AND entered.transfer_id IS NULL)
ORDER BY transfer_id
"""


async def ledger_balances(books: Books) -> Finding:
    """Debits and credits are equal in each transfer, in each currency, and in all."""
    db = books.payments
    wrong = [
        f"transfer {row['transfer_id']}: {row['off']:+} {row['currency']}"
        for row in await db.fetch(UNBALANCED)
    ]
    wrong += [
        f"all of {row['currency']}: {row['off']:+}" for row in await db.fetch(IN_ALL)
    ]
    wrong += [
        f"transfer {row['transfer_id']}: entries without it, or it without entries"
        for row in await db.fetch(HALF_BOOKED)
    ]
    return Finding(await db.fetchval("SELECT count(*) FROM ledger_transaction"), wrong)
