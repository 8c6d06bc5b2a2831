"""Rows leave the outbox in batches that end in time, whatever the stream does."""

import asyncio
from uuid import uuid4

import pytest
from opentelemetry.trace import SpanContext

from apps.kit import outbox
from apps.kit.database import Database
from apps.kit.outbox import Relay
from tests.kit.happening import happened

pytestmark = pytest.mark.postgres


class SlowBroker:
    """Takes the first event at once, the second when it is told to."""

    is_connected = True

    def __init__(self) -> None:
        self.go_on = asyncio.Event()
        self.sent: list[str] = []

    async def publish(self, message):
        if self.sent:
            await self.go_on.wait()
        self.sent.append(message.subject)
        return SpanContext(1, 1, is_remote=False)


@pytest.fixture
async def database(database_url):
    database = Database(database_url, (outbox.SCHEMA,))
    await database.start()
    yield database
    await database.stop()


async def published(database):
    async with database.connection() as db:
        rows = await db.fetch(
            "SELECT subject FROM outbox WHERE published_at IS NOT NULL ORDER BY seq"
        )
    return [row["subject"] for row in rows]


async def until_published(database, subjects):
    async with asyncio.timeout(10):
        while await published(database) != subjects:
            await asyncio.sleep(0.01)


async def test_what_left_is_marked_though_the_stream_is_slow(
    database, told, monkeypatch
):
    """And the rest goes on at once: nobody waits for the next poll."""
    monkeypatch.setattr(outbox, "BATCH_S", 0)
    monkeypatch.setattr(outbox, "POLL_S", 60)
    broker = SlowBroker()
    async with database.transaction() as db:
        for subject in ("a", "b", "c"):
            await outbox.put(db, happened(subject, uuid4()))
    relay = Relay(database, broker)
    await relay.start()

    await until_published(database, ["a"])
    broker.go_on.set()
    await until_published(database, ["a", "b", "c"])
    await relay.stop()

    assert broker.sent == ["a", "b", "c"]
