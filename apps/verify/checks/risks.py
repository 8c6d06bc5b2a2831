"""I9: fraud counts each decided payment of a card once."""

from apps.verify.books import Books
from apps.verify.findings import Finding

COUNTED = "SELECT card_token, count FROM card_risk"
DECIDED = """
SELECT card_token, count(*) AS known, count(*) FILTER (WHERE at < $1) AS settled
FROM payment JOIN payment_event USING (payment_id)
WHERE type IN ('PaymentAuthorised', 'PaymentDeclined')
GROUP BY card_token ORDER BY card_token
"""


async def cards_counted(books: Books) -> Finding:
    """A card's count is that of its decided payments; the newest may be on their way."""
    rows = await books.databases["fraud"].fetch(COUNTED)
    counted = {row["card_token"]: row["count"] for row in rows}
    wrong = []
    for row in await books.payments.fetch(DECIDED, books.settled_before):
        count = counted.pop(row["card_token"], 0)
        if not row["settled"] <= count <= row["known"]:
            wrong.append(
                f"card {row['card_token']}: counted {count} times,"
                f" {row['known']} payments decided"
            )
    wrong += [
        f"card {token}: counted {count} times, no payment decided"
        for token, count in counted.items()
        if count
    ]
    return Finding(len(rows), wrong)
