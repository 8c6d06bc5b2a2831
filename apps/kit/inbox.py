"""Events that were heard before are known, and dropped."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from apps.kit.database import Connection
from apps.kit.listeners import Delivered
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
INSERT INTO inbox (consumer, event_id) SELECT $1, event_id
FROM unnest($2::uuid[]) AS event_id
ON CONFLICT DO NOTHING RETURNING event_id
"""


async def new(
    db: Connection, consumer: str, heard: Sequence[Delivered[Any]]
) -> Sequence[Delivered[Any]]:
    """Remember events in the caller's transaction; those that were not known, each once.

    Two replicas that remember the same events wait for one another in one order.
    """
    ids = sorted({each.event.id for each in heard})
    found = {row["event_id"] for row in await db.fetch(INSERT, consumer, ids)}
    fresh = []
    for each in heard:
        if each.event.id in found:
            found.remove(each.event.id)
            fresh.append(each)
        else:
            _drop(consumer, each)
    return fresh


def _drop(consumer: str, known: Delivered[Any]) -> None:
    facts: Facts = {
        "messaging.consumer.group.name": consumer,
        "messaging.message.id": known.event.id,
    }
    with known.telling():
        tell("message.duplicate", facts, count=DUPLICATES)
