"""I8: the bank holds no money that nobody wants."""

from datetime import datetime

import asyncpg

from apps.verify.books import Books
from apps.verify.findings import Finding

OPEN = """
SELECT request_id, created_at FROM hold JOIN authorisation USING (authorisation_id)
WHERE state = 'held'
"""
WANTED = """
SELECT asked.payment_id, status, reversal,
    (SELECT max(at) FROM payment_event e WHERE e.payment_id = asked.payment_id) AS since
FROM unnest($1::uuid[]) AS asked (payment_id) LEFT JOIN payment USING (payment_id)
WHERE status IS NULL OR status IN ('received', 'pending', 'declined', 'voided')
ORDER BY asked.payment_id
"""


async def no_orphans(books: Books) -> Finding:
    """Each open hold has a live payment, or its reversal has only just begun."""
    held = {
        row["request_id"]: row["created_at"] for row in await books.bank.fetch(OPEN)
    }
    limits = {None: books.at - books.orphaned_after}
    wrong = [
        f"payment {row['payment_id']} ({row['status'] or 'unknown'}): still held, its"
        f" reversal {row['reversal'] or 'not asked for'} since {since:%H:%M:%S}"
        for row in await books.payments.fetch(WANTED, list(held))
        if (since := _since(row, held[row["payment_id"]]))
        < limits.get(row["reversal"], books.settled_before)
    ]
    return Finding(len(held), wrong)


def _since(row: asyncpg.Record, held_at: datetime) -> datetime:
    """When it became clear that nobody wants the hold."""
    last: datetime | None = row["since"]
    return max(held_at, last) if last else held_at
