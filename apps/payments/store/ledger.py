"""The ledger as rows: a chain of transfers, each whole, and what they sum up to."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from apps.kit.database import Connection
from apps.kit.values import Cents

from ..domain.booking import Transfer

CHECK_WITHIN_S: Final = 60.0
"""Longest that a look at the whole ledger may take; 100,000 rows take seconds."""

LOOK_BACK: Final = 10_000
"""So many transfers a process looks at when it starts; the auditor looks at all."""

BOOK = "SELECT * FROM ledger_book($1)"
BALANCES = """
SELECT account, e.currency,
    coalesce(sum(amount) FILTER (WHERE t.kind <> 'pending'), 0)::bigint AS posted,
    coalesce(sum(amount) FILTER (WHERE t.kind = 'pending' AND NOT EXISTS (
        SELECT FROM ledger_transaction r WHERE r.pending_id = t.transfer_id
    )), 0)::bigint AS pending
FROM ledger_entry e JOIN ledger_transaction t USING (transfer_id)
GROUP BY account, e.currency ORDER BY account, e.currency
"""
EXPOSURE = """
SELECT coalesce(sum(amount), 0)::bigint
FROM ledger_entry e JOIN ledger_transaction t USING (transfer_id)
WHERE account = 'standin_exposure' AND (t.kind <> 'pending' OR NOT EXISTS (
    SELECT FROM ledger_transaction r WHERE r.pending_id = t.transfer_id
))
"""
HEAD = "SELECT seq FROM ledger_head"
IMBALANCE = """
SELECT count(DISTINCT transfer_id) FROM (
    SELECT transfer_id FROM ledger_transaction JOIN ledger_entry e USING (transfer_id)
    WHERE seq > $1 AND seq <= $2
    GROUP BY transfer_id, e.currency HAVING sum(amount) <> 0
) unbalanced
"""
FIRST_BREAK = """
WITH chain AS (
    SELECT seq, prev_hash, hash, ledger_hash(t) AS meant,
        lag(seq, 1, 0) OVER following AS before,
        lag(hash, 1, sha256('ledger')) OVER following AS sealed,
        entries = coalesce((
            SELECT jsonb_agg(jsonb_build_array(account, amount) ORDER BY n)
            FROM ledger_entry e
            WHERE e.transfer_id = t.transfer_id AND e.currency = t.currency
        ), '[]') AS unfolded
    FROM ledger_transaction t WINDOW following AS (ORDER BY seq)
), broken AS (
    SELECT CASE WHEN before = seq - 1 OR seq < 1 THEN seq ELSE before + 1 END AS seq
    FROM chain
    WHERE hash <> meant OR before <> seq - 1 OR prev_hash <> sealed OR NOT unfolded
    ORDER BY chain.seq LIMIT 1
)
SELECT coalesce(
    (SELECT seq FROM broken),
    (SELECT least(head.seq, last.seq) + (head.seq <> last.seq)::int
     FROM ledger_head head,
        (SELECT coalesce(max(seq), 0) AS seq FROM ledger_transaction) last
     WHERE head.seq <> last.seq OR head.hash <> coalesce(
        (SELECT hash FROM ledger_transaction WHERE seq = last.seq), sha256('ledger')))
)
"""


@dataclass(frozen=True, slots=True)
class Balance:
    """Debits above zero, credits below."""

    account: str
    currency: str
    posted: Cents
    pending: Cents
    """What is neither posted nor released yet."""


@dataclass(slots=True)
class Looked:
    """How far a process has looked at the ledger, and what was wrong with it so far."""

    until: int | None = None
    unbalanced: int = 0


async def book(
    db: Connection, transfers: Sequence[Transfer], at: datetime, trace_id: str
) -> None:
    """Add transfers in the caller's transaction, in this order, in one statement.

    From here to the commit no other transaction books: let little follow. A transfer
    booked before raises UniqueViolationError; so does a second end of a pending one.
    """
    if transfers:
        rows = [row(transfer, at, trace_id) for transfer in transfers]
        await db.execute(BOOK, json.dumps(rows, default=str))


async def balances(db: Connection) -> list[Balance]:
    rows = await db.fetch(BALANCES, timeout=CHECK_WITHIN_S)
    return [Balance(**row) for row in rows]


async def exposure(db: Connection) -> Cents:
    """What the books say is accepted in the bank's stead; it takes all that ever was."""
    return Cents(await db.fetchval(EXPOSURE))


async def imbalance(db: Connection, looked: Looked) -> int:
    """How many transfers that this process saw do not sum to zero: a fault of ours."""
    until = await db.fetchval(HEAD)
    since = max(0, until - LOOK_BACK) if looked.until is None else looked.until
    found = await db.fetchval(IMBALANCE, since, until, timeout=CHECK_WITHIN_S)
    looked.until, looked.unbalanced = until, looked.unbalanced + int(found)
    return looked.unbalanced


async def first_break(db: Connection) -> int | None:
    """The first transfer that was changed, taken away or slipped in, by its number."""
    found: int | None = await db.fetchval(FIRST_BREAK, timeout=CHECK_WITHIN_S)
    return found


def row(transfer: Transfer, at: datetime, trace_id: str) -> dict[str, object]:
    """A transfer as the SQL function `ledger_book` takes it, in an array."""
    return {
        "transfer_id": transfer.transfer_id,
        "subject_id": transfer.subject_id,
        "step": transfer.step,
        "kind": transfer.kind,
        "pending_id": transfer.pending_id,
        "currency": transfer.currency,
        "entries": [[entry.account, entry.amount] for entry in transfer.entries],
        "at": at,
        "trace_id": trace_id,
    }
