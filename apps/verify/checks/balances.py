"""I12: what a merchant sees that he is owed is what the ledger owes him."""

from typing import cast

from apps.kit.database import Connection
from apps.payments.domain.booking import merchant_payable
from apps.payments.store import ledger
from apps.verify.books import Books
from apps.verify.findings import Finding

SHOWN = """
SELECT merchant_id, currency, captured - refunded - fees - settled AS payable
FROM balance_view JOIN projection_offset USING (generation)
WHERE projection = 'balance_view' AND state = 'serving'
"""
MOVING = """
SELECT DISTINCT account, e.currency FROM ledger_transaction t
JOIN ledger_entry e USING (transfer_id) WHERE t.at >= $1 AND kind <> 'pending'
"""
PAYABLE = merchant_payable("")


async def merchants_see_what_they_are_owed(books: Books) -> Finding:
    """Of each merchant and currency; where money has just moved, it is not compared."""
    shown = {
        (merchant_payable(row["merchant_id"]), row["currency"]): row["payable"]
        for row in await books.databases["backoffice"].fetch(SHOWN)
    }
    balances = await ledger.balances(cast("Connection", books.payments))
    owed = {
        (each.account, each.currency): -each.posted
        for each in balances
        if each.account.startswith(PAYABLE)
    }
    rows = await books.payments.fetch(MOVING, books.settled_before)
    purses = shown.keys() | owed.keys()
    moving = purses & {(row["account"], row["currency"]) for row in rows}
    wrong = [
        f"{account}, {currency}: {owed.get((account, currency), 0)} by the ledger,"
        f" shown as {shown.get((account, currency), 0)}"
        for account, currency in sorted(purses - moving)
        if owed.get((account, currency), 0) != shown.get((account, currency), 0)
    ]
    note = f"{len(moving)} more are moving" if moving else ""
    return Finding(len(purses - moving), wrong, note)
