"""I2: the bank holds the money for a payment once."""

from apps.verify.books import Books, pages
from apps.verify.findings import Finding

COUNT = "SELECT count(*) FROM hold WHERE state IN ('held', 'captured')"
HOLDS = """
SELECT request_id, authorisation_id FROM authorisation JOIN hold USING (authorisation_id)
WHERE state IN ('held', 'captured')
"""
OTHERWISE = """
SELECT payment_id, held.authorisation_id AS held, payment.authorisation_id AS known
FROM unnest($1::uuid[], $2::uuid[]) AS held (payment_id, authorisation_id)
JOIN payment USING (payment_id)
WHERE payment.authorisation_id <> held.authorisation_id ORDER BY payment_id
"""
SHARED = """
SELECT authorisation_id, count(*) AS payments FROM payment
WHERE authorisation_id IS NOT NULL
GROUP BY authorisation_id HAVING count(*) > 1 ORDER BY authorisation_id
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
    """A payment knows its only hold; an account holds the sum of its holds.

    One hold per request is what the bank's keys see to: a second would be under another
    authorisation than the one that the payment was answered with.
    """
    db = books.bank
    wrong = [
        f"authorisation {row['authorisation_id']}: of {row['payments']} payments"
        for row in await books.payments.fetch(SHARED)
    ]
    async for page in pages(db, HOLDS):
        held = [row[0] for row in page], [row[1] for row in page]
        wrong += [
            f"payment {row['payment_id']}: authorised as {row['known']},"
            f" held as {row['held']}"
            for row in await books.payments.fetch(OTHERWISE, *held)
        ]
    wrong += [
        f"card {row['card_token']}: holds of {row['open']} {row['currency']},"
        f" its account says {row['held']}"
        for row in await db.fetch(MISCOUNTED)
    ]
    return Finding(await db.fetchval(COUNT), wrong)
