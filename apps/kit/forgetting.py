"""Rows that nothing can ask for again are forgotten, some at a time."""

from datetime import timedelta
from functools import partial

from apps.kit.database import Database
from apps.kit.jobs import Every

EVERY_S = 3600.0
CHUNK = 1000
"""So many go at once: nobody waits for their locks, and no other query for the disk."""

WITHIN_S = 10.0
"""Longest for one chunk."""


def forgetting(name: str, database: Database, query: str, kept_for: timedelta) -> Every:
    """A part that forgets what is older. The query takes that age, and how many."""
    return Every(
        name, EVERY_S, partial(forget, database, query, kept_for), at_once=True
    )


async def forget(database: Database, query: str, kept_for: timedelta) -> int:
    """Forget all that is older, each chunk in a transaction of its own; how many."""
    total, gone = 0, CHUNK
    while gone == CHUNK:
        async with database.connection() as db:
            done: str = await db.execute(query, kept_for, CHUNK, timeout=WITHIN_S)
        gone = int(done.rpartition(" ")[2])
        total += gone
    return total
