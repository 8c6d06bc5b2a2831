"""I7: what was announced has left, and has been heard by all whom it concerns, once."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from uuid import UUID

from apps.verify.books import Books
from apps.verify.findings import Finding
from apps.verify.streams import Hearer

TABLES = """
SELECT to_regclass('outbox') IS NOT NULL AS sends,
    to_regclass('inbox') IS NOT NULL AS hears
"""
STUCK = """
SELECT count(*) AS events, min(created_at) AS since, (array_agg(id ORDER BY seq))[1] AS id
FROM outbox WHERE published_at IS NULL AND created_at < $1 HAVING count(*) > 0
"""
SENT = """
SELECT subject, array_agg(id ORDER BY seq) AS events FROM outbox
WHERE published_at BETWEEN $1 AND $2 GROUP BY subject
"""
HEARD = "SELECT event_id FROM inbox WHERE consumer = $1"

Due = dict[str, list[UUID]]
"""By subject, the events that everybody has had the time to hear."""
Dead = set[tuple[str, str]]


async def all_delivered(books: Books) -> Finding:
    """Outboxes are drained, hearers are through, inboxes hold each event once."""
    sends, hears = await _who(books)
    hearers = await books.streams.hearers()
    dead = await books.streams.dead()
    wrong = [text for name in sends for text in await _stuck(books, name)]
    wrong += [text for hearer in hearers for text in _waiting(books, hearer)]
    due = await _due(books, sends)
    for hearer in hearers:
        if hearer.service in hears:
            wrong += await _unheard(books, hearer, due, dead)
    note = f"{len(dead)} dead letters wait for a replay" if dead else ""
    return Finding(sum(map(len, due.values())), wrong, note)


async def _who(books: Books) -> tuple[list[str], list[str]]:
    """The services that announce, and those that hear."""
    tables = {name: await db.fetchrow(TABLES) for name, db in books.databases.items()}
    return (
        [name for name, found in tables.items() if found and found["sends"]],
        [name for name, found in tables.items() if found and found["hears"]],
    )


async def _stuck(books: Books, name: str) -> list[str]:
    rows = await books.databases[name].fetch(STUCK, books.settled_before)
    return [
        f"outbox of {name}: {row['events']} unpublished since {row['since']:%H:%M:%S},"
        f" first {row['id']}"
        for row in rows
    ]


async def _due(books: Books, names: Iterable[str]) -> Due:
    due: Due = defaultdict(list)
    for name in names:
        span = books.forgotten_before, books.settled_before
        for row in await books.databases[name].fetch(SENT, *span):
            due[row["subject"]] += row["events"]
    return due


def _waiting(books: Books, hearer: Hearer) -> Iterator[str]:
    if hearer.waiting and hearer.oldest and hearer.oldest < books.settled_before:
        since = f"{hearer.oldest:%H:%M:%S}"
        yield f"{hearer.name}: {hearer.waiting} events wait since {since}"


async def _unheard(books: Books, hearer: Hearer, due: Due, dead: Dead) -> list[str]:
    """Events that had no effect; those that died are known, and can be replayed."""
    rows = await books.databases[hearer.service].fetch(HEARD, hearer.name)
    heard = {row["event_id"] for row in rows}
    return [
        f"{hearer.name}: event {event_id} was sent and had no effect"
        for subject, events in due.items()
        if hearer.hears(subject)
        for event_id in events
        if event_id not in heard and (hearer.name, str(event_id)) not in dead
    ]
