"""Events that were heard before are known, and dropped."""

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
