"""The chains of hashes: what was done and what was booked is as it was written down."""

from collections.abc import Awaitable, Callable
from typing import Any, cast

import asyncpg

from apps.kit import audit
from apps.kit.database import Connection
from apps.payments.store import ledger
from apps.verify.books import Books
from apps.verify.findings import Finding

FirstBreak = Callable[[Connection], Awaitable[int | None]]


async def payments_trail(books: Books) -> Finding:
    """The audit trail of payments is whole."""
    return await _chain(books.payments, "audit_event", audit.first_break)


async def bank_trail(books: Books) -> Finding:
    """The audit trail of the bank is whole."""
    return await _chain(books.bank, "audit_event", audit.first_break)


async def ledger_chain(books: Books) -> Finding:
    """The ledger is as it was booked."""
    return await _chain(books.payments, "ledger_transaction", ledger.first_break)


async def _chain(
    db: "asyncpg.Connection[Any]", table: str, first_break: FirstBreak
) -> Finding:
    rows = await db.fetchval(f"SELECT count(*) FROM {table}")  # noqa: S608  (a constant)
    broken = await first_break(cast("Connection", db))
    return Finding(rows, [] if broken is None else [f"row {broken}: not as written"])
