"""I7: what was announced has left, and has been heard by all whom it concerns, once."""

from collections.abc import AsyncIterator, Iterator, Sequence

import asyncpg

from apps.verify.books import PAGE, Books
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
NEWEST = "SELECT coalesce(max(seq), 0) FROM outbox"
SENT = """
SELECT seq, id, subject, published_at FROM outbox WHERE seq <= $1
ORDER BY seq DESC LIMIT $2
"""
UNHEARD = """
SELECT id FROM unnest($2::uuid[]) AS id
WHERE NOT EXISTS (SELECT FROM inbox WHERE consumer = $1 AND event_id = id)
"""

Dead = set[tuple[str, str]]


async def all_delivered(books: Books) -> Finding:
    """Outboxes are drained, hearers are through, inboxes hold each event once."""
    sends, hears = await _who(books)
    hearers = await books.streams.hearers()
    dead = await books.streams.dead()
    wrong = [text for name in sends for text in await _stuck(books, name)]
    wrong += [text for hearer in hearers for text in _waiting(books, hearer)]
    sent, hearers = 0, [each for each in hearers if each.service in hears]
    for name in sends:
        async for page in _sent(books, name):
            sent += len(page)
            for hearer in hearers:
                wrong += await _unheard(books, hearer, page, dead)
    note = f"{len(dead)} dead letters wait for a replay" if dead else ""
    return Finding(sent, wrong, note)


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


async def _sent(books: Books, name: str) -> AsyncIterator[Sequence[asyncpg.Record]]:
    """What everybody has had the time to hear, the newest first.

    Events leave in their order: before a page that is all too old comes nothing else.
    """
    db = books.databases[name]
    last = await db.fetchval(NEWEST)
    while page := await db.fetch(SENT, last, PAGE):
        left = [row for row in page if row["published_at"]]
        yield [row for row in left if books.has_settled(row["published_at"])]
        if left and all(row["published_at"] < books.forgotten_before for row in left):
            return
        last = page[-1]["seq"] - 1


def _waiting(books: Books, hearer: Hearer) -> Iterator[str]:
    if hearer.waiting and hearer.oldest and hearer.oldest < books.settled_before:
        since = f"{hearer.oldest:%H:%M:%S}"
        yield f"{hearer.name}: {hearer.waiting} events wait since {since}"


async def _unheard(
    books: Books, hearer: Hearer, page: Sequence[asyncpg.Record], dead: Dead
) -> list[str]:
    """Events that had no effect; those that died are known, and can be replayed."""
    due = [row["id"] for row in page if hearer.hears(row["subject"])]
    rows = await books.databases[hearer.service].fetch(UNHEARD, hearer.name, due)
    return [
        f"{hearer.name}: event {row['id']} was sent and had no effect"
        for row in rows
        if (hearer.name, str(row["id"])) not in dead
    ]
