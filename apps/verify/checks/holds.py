"""I2: the bank holds the money for a payment once."""

from apps.verify.books import Books
from apps.verify.findings import Finding

COUNT = "SELECT count(*) FROM hold WHERE state IN ('held', 'captured')"
TWICE = """
SELECT request_id, count(*) AS times FROM authorisation JOIN hold USING (authorisation_id)
WHERE state IN ('held', 'captured')
GROUP BY request_id HAVING count(*) > 1 ORDER BY request_id
"""
MISCOUNTED = """
SELECT card_token, currency, coalesce(account.held, 0) AS held, coalesce(open, 0) AS open
FROM account FULL JOIN (
    SELECT card_token, currency, sum(hold.amount)::bigint AS open
    FROM authorisation JOIN hold USING (authorisation_id) WHERE state = 'held'
    GROUP BY card_token, currency
) each_card USING (card_token, currency)
WHERE coalesce(account.held, 0) <> coalesce(open, 0) ORDER BY card_token
"""


async def held_once(books: Books) -> Finding:
    """A request has one approved hold at most; an account holds the sum of its holds."""
    db = books.bank
    wrong = [
        f"payment {row['request_id']}: held {row['times']} times"
        for row in await db.fetch(TWICE)
    ]
    wrong += [
        f"card {row['card_token']}: holds of {row['open']} {row['currency']},"
        f" its account says {row['held']}"
        for row in await db.fetch(MISCOUNTED)
    ]
    return Finding(await db.fetchval(COUNT), wrong)
