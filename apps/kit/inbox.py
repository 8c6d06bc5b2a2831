"""Events that were heard before are known, and dropped."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

from apps.kit.database import Connection
from apps.kit.signals import Counter, Facts, tell

SCHEMA = Path(__file__).parent / "schema" / "inbox"

DUPLICATES = Counter(
    "inbox.duplicates",
    unit="{message}",
    about="Events that were heard again and dropped.",
    by=("messaging.consumer.group.name",),
)

KEPT_FOR = timedelta(days=45)
"""Longer than an event can come again: as a dead letter it is replayed for 30 days, and
then the stream keeps it for 7 more until its hearer is there."""

PURGE = """
DELETE FROM inbox WHERE (consumer, event_id) IN (
    SELECT consumer, event_id FROM inbox
    WHERE heard_at < now() - $1::interval ORDER BY heard_at LIMIT $2
)
"""

INSERT = """
INSERT INTO inbox (consumer, event_id) VALUES ($1, $2)
ON CONFLICT DO NOTHING RETURNING true
"""


async def is_new(db: Connection, consumer: str, event_id: UUID) -> bool:
    """Remember the event in the caller's transaction; false when it was known."""
    if await db.fetchval(INSERT, consumer, event_id):
        return True
    facts: Facts = {
        "messaging.consumer.group.name": consumer,
        "messaging.message.id": event_id,
    }
    tell("message.duplicate", facts, count=DUPLICATES)
    return False
