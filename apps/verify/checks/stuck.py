"""I14: every step that finishes a payment is done, or is being tried."""

from apps.verify.books import Books
from apps.verify.findings import Finding

STUCK = """
SELECT payment_id, step, last_error FROM saga WHERE state = 'stuck'
ORDER BY payment_id, step
"""


async def no_step_is_stuck(books: Books) -> Finding:
    """What the bank refuses for good waits for somebody to look."""
    wrong = [
        f"payment {row['payment_id']}: {row['step']} is stuck ({row['last_error']})"
        for row in await books.payments.fetch(STUCK)
    ]
    return Finding(await books.payments.fetchval("SELECT count(*) FROM saga"), wrong)
