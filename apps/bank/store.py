"""The bank's database: accounts, what was asked of them, and what became of it."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from uuid import UUID

from apps.kit import audit, outbox
from apps.kit.audit import Entry
from apps.kit.crashing import crash_point
from apps.kit.database import Database
from apps.kit.events import CloudEvent
from apps.kit.sending import traceparent
from apps.kit.values import Cents

from .domain.accounts import Account
from .domain.authorisations import Authorisation, Change, Known, Overdue
from .events import HoldReversed
from .rows import authorisation_of, known_of, reversal_row, rows_of

SCHEMA = (outbox.SCHEMA, audit.SCHEMA, Path(__file__).parent / "schema")

ALONE = """
SELECT (found.known).*, balance, held
FROM standing_alone($1, NULL, $2, $3, $4) AS found
"""
ALONE_WITH = """
SELECT (found.known).*, balance, held
FROM standing_alone(NULL, $1, NULL, NULL, NULL) AS found
"""
NO_CARD = (None, None, None)
KNOWN = "SELECT * FROM standing WHERE request_id = $1"
KEEP = "SELECT * FROM keep_change($1)"
OVERDUE = """
SELECT h.expires_at, a.request_id, a.traceparent FROM hold h JOIN authorisation a
USING (authorisation_id)
WHERE h.state = 'held' AND h.expires_at <= $1
    AND ($3::timestamptz IS NULL OR (h.expires_at, a.request_id) > ($3, $4::uuid))
ORDER BY h.expires_at, a.request_id LIMIT $2
"""
HELD = """
SELECT currency, sum(h.amount)::bigint AS held
FROM hold h JOIN authorisation USING (authorisation_id) WHERE state = 'held'
GROUP BY currency ORDER BY held DESC LIMIT $1
"""
"""Of open holds, of which there are few: accounts are as many as there are cards."""


class PostgresStore:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._seen: set[str] = set()

    @asynccontextmanager
    async def alone(
        self, request_id: UUID, fresh: Account | None = None
    ) -> AsyncIterator[Known]:
        """What is known of a request; it is ours alone until the block ends.

        So is its account. Not known yet, it draws on this one: unknown, it is opened.
        """
        drawn = (fresh.card_token, fresh.currency, fresh.balance) if fresh else NO_CARD
        async with self._database.transaction() as db:
            row = await db.fetchrow(ALONE, request_id, *drawn)
            yield known_of(row, fresh)

    @asynccontextmanager
    async def alone_with(self, authorisation_id: UUID) -> AsyncIterator[Known]:
        """The same, found by the bank's own id."""
        async with self._database.transaction() as db:
            yield known_of(await db.fetchrow(ALONE_WITH, authorisation_id))

    async def known(self, request_id: UUID) -> Authorisation | None:
        async with self._database.connection() as db:
            row = await db.fetchrow(KNOWN, request_id)
        return authorisation_of(row) if row else None

    async def keep(
        self, change: Change, entry: Entry, told: CloudEvent[HoldReversed] | None = None
    ) -> None:
        """Keep a change, the news of it and who did it, in one statement.

        Last of all: others wait for the audit trail until we are through.
        """
        kept = rows_of(change, traceparent()) | {"entries": [audit.row(entry)]}
        if told and (reversal := change.authorisation.reversal):
            kept["reversal"] = reversal_row(change.authorisation, reversal)
            kept["outbox"] = [outbox.row(told)]
        async with self._database.connection() as db:
            await db.execute(KEEP, json.dumps(kept, default=str))
        audit.count(entry)
        if told:
            crash_point("outbox.after_put")

    async def overdue(
        self, at: datetime, at_most: int, behind: Overdue | None = None
    ) -> Sequence[Overdue]:
        """Open holds whose time is over, the oldest first, or those behind another."""
        place = (behind.expires_at, behind.request_id) if behind else (None, None)
        async with self._database.connection() as db:
            rows = await db.fetch(OVERDUE, at, at_most, *place)
        return [Overdue(*row) for row in rows]

    async def held(self, at_most: int) -> Mapping[str, Cents]:
        """What is held in each currency, the largest amounts; nothing where something was."""
        async with self._database.connection() as db:
            rows = await db.fetch(HELD, at_most)
        found = {row["currency"]: Cents(row["held"]) for row in rows}
        self._seen |= found.keys()
        return {**dict.fromkeys(self._seen, Cents(0)), **found}
