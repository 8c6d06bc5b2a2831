"""What nothing can ask for again is forgotten, and nothing else."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest

from apps.kit import forgetting, inbox, outbox
from apps.kit.broker import STREAM, Broker
from apps.kit.database import Database
from apps.kit.dlq import STREAM as LETTERS
from apps.kit.forgetting import forget
from apps.kit.listeners import Listeners
from apps.kit.outbox import Relay
from tests.kit.happening import ThingHappened

needs_postgres = pytest.mark.postgres

SENT = """
INSERT INTO outbox (id, subject, payload, created_at, published_at)
SELECT gen_random_uuid(), 'pay.v1.test', '{}', at, at FROM (
    SELECT now() - make_interval(days => $1) AS at FROM generate_series(1, $2)
)
"""
WAITING = """
INSERT INTO outbox (id, subject, payload, created_at)
VALUES (gen_random_uuid(), 'pay.v1.test', '{}', now() - interval '60 days')
"""
HEARD = """
INSERT INTO inbox (consumer, event_id, heard_at)
SELECT 'test', gen_random_uuid(), now() - make_interval(days => $1)
FROM generate_series(1, $2)
"""


@pytest.fixture
async def database(database_url):
    database = Database(database_url, (outbox.SCHEMA, inbox.SCHEMA))
    await database.start()
    yield database
    await database.stop()


async def filled(database, *rows):
    for query, *values in rows:
        async with database.connection() as db:
            await db.execute(query, *values)


async def count(database, table):
    async with database.connection() as db:
        return await db.fetchval(f"SELECT count(*) FROM {table}")  # noqa: S608


@needs_postgres
async def test_what_left_longer_ago_than_the_stream_keeps_it_is_forgotten(
    database, monkeypatch
):
    """In more chunks than one; what never left stays, however old."""
    monkeypatch.setattr(forgetting, "CHUNK", 10)
    await filled(database, (WAITING,), (SENT, 8, 25), (SENT, 6, 5))

    assert await forget(database, outbox.PURGE, outbox.KEPT_FOR) == 25

    assert await count(database, "outbox") == 6


@needs_postgres
async def test_an_inbox_forgets_what_can_come_no_more(database, monkeypatch):
    monkeypatch.setattr(forgetting, "CHUNK", 10)
    await filled(database, (HEARD, 46, 25), (HEARD, 44, 5))

    assert await forget(database, inbox.PURGE, inbox.KEPT_FOR) == 25

    assert await count(database, "inbox") == 5


def test_an_inbox_outlives_every_way_on_which_an_event_comes_again():
    replayable = timedelta(seconds=LETTERS.max_age) + timedelta(seconds=STREAM.max_age)
    assert replayable < inbox.KEPT_FOR
    assert timedelta(seconds=STREAM.max_age) <= outbox.KEPT_FOR


@needs_postgres
@pytest.mark.nats
async def test_it_goes_on_beside_relay_and_hearers(database, nats_port, told):
    await filled(database, (SENT, 8, 3), (HEARD, 46, 3))
    broker = Broker(uuid4().hex, f"nats://127.0.0.1:{nats_port}")
    listeners = Listeners()

    @listeners.hears(f"pay.v1.test.{uuid4().hex}")
    async def hear(happened: ThingHappened, ports: None) -> None:
        """Hear it."""

    broker.hear(listeners, None, database)
    relay = Relay(database, broker)
    await broker.start()
    await relay.start()
    async with asyncio.timeout(10):
        while await count(database, "outbox") or await count(database, "inbox"):
            await asyncio.sleep(0.01)
    await relay.stop()
    await broker.stop()
