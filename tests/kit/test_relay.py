"""Rows leave the outbox in batches that end in time, whatever the stream does."""

import asyncio
import json
from uuid import uuid4

import pytest
from opentelemetry import propagate
from opentelemetry.trace import SpanContext, SpanKind

from apps.kit import outbox
from apps.kit.database import Database
from apps.kit.events import CloudEvent
from apps.kit.outbox import Relay
from apps.kit.signals import started
from tests.kit.happening import ThingHappened, happened

pytestmark = pytest.mark.postgres


class SlowBroker:
    """Takes the first event in time, the others when it is told to."""

    is_connected = True

    def __init__(self) -> None:
        self.go_on = asyncio.Event()
        self.sent: list[str] = []

    async def publish_all(self, messages):
        taken = messages if self.go_on.is_set() else messages[:1]
        if self.sent:
            await self.go_on.wait()
        self.sent += [message.subject for message in taken]
        stays = len(messages) - len(taken)
        return [SpanContext(1, 1, is_remote=False)] * len(taken) + [None] * stays


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


async def kept(database, state):
    """What is kept of an event that is put under a trace with this state."""
    traced = {"traceparent": f"00-{'a' * 32}-{'b' * 16}-01", "tracestate": state}
    with started("test.put", SpanKind.INTERNAL, context=propagate.extract(traced)):
        async with database.transaction() as db:
            await outbox.put(db, happened("pay.v1.test", uuid4()))
    async with database.connection() as db:
        return await db.fetchval("SELECT payload FROM outbox ORDER BY seq DESC LIMIT 1")


async def test_an_event_is_kept_with_its_schema_and_the_state_of_its_trace(
    database, told
):
    payload = json.loads(await kept(database, "vendor=1"))

    assert payload["dataschema"] == "urn:payscope:schema:pay.v1.test"
    assert payload["tracestate"] == "vendor=1"
    assert payload["traceparent"].split("-")[1] == "a" * 32
    long = ",".join(f"vendor{each}={'x' * 200}" for each in range(3))
    assert "tracestate" not in json.loads(await kept(database, long))


async def test_an_event_kept_before_there_was_a_schema_is_read_and_written_as_it_was(
    database, told
):
    new = json.loads(await kept(database, "vendor=1"))
    old = {k: v for k, v in new.items() if k not in {"dataschema", "tracestate"}}

    for form in (old, new):
        event = CloudEvent[ThingHappened].model_validate(form)
        assert json.loads(event.model_dump_json()) == form
