"""What a listener is handed: the data, the envelope, or the place in the stream too."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import anyio
import pytest

from apps.kit import inbox
from apps.kit.broker import Broker
from apps.kit.database import Database
from apps.kit.events import CloudEvent
from apps.kit.listeners import Delivered, Listeners
from apps.kit.sending import Outgoing
from tests.kit.happening import ThingHappened, happened

EVENT = happened("pay.v1.test", uuid4())
DELIVERED = Delivered(EVENT, 7, 0, EVENT.time)


async def of_data(thing: ThingHappened, ports: list) -> None:
    """Hear the data."""
    ports.append(thing)


async def of_envelope(event: CloudEvent[ThingHappened], ports: list) -> None:
    """Hear the envelope."""
    ports.append(event)


async def of_delivery(delivered: Delivered[ThingHappened], ports: list) -> None:
    """Hear the envelope and its place."""
    ports.append(delivered)


@pytest.mark.parametrize(
    ("handler", "handed"),
    [(of_data, EVENT.data), (of_envelope, EVENT), (of_delivery, DELIVERED)],
)
async def test_a_listener_is_handed_what_its_first_parameter_names(handler, handed):
    listeners, heard = Listeners(), []
    listeners.hears("pay.v1.test")(handler)

    await listeners[0].hear(DELIVERED, heard)

    assert listeners[0].payload is ThingHappened
    assert heard == [handed]


@pytest.mark.postgres
@pytest.mark.nats
async def test_a_wildcard_hears_all_below_it_with_its_place(
    nats_port, database_url, told, monkeypatch
):
    """No thread is asked for anything: that would cost more than most effects."""
    threads = []
    monkeypatch.setattr(anyio.to_thread, "run_sync", threads.append)
    database = Database(database_url, (inbox.SCHEMA,))
    await database.start()
    broker = Broker(uuid4().hex, f"nats://127.0.0.1:{nats_port}")
    listeners, heard, topic = Listeners(), [], f"pay.v1.test.{uuid4().hex}"
    listeners.hears(f"{topic}.>")(of_delivery)
    broker.hear(listeners, heard, database)
    await broker.start()

    for subject in (f"{topic}.a", f"{topic}.b.c"):
        event = happened(subject, uuid4())
        payload = event.model_dump_json().encode()
        await broker.publish(Outgoing(event.id, subject, payload, None))
    async with asyncio.timeout(10):
        while len(heard) < 2:
            await asyncio.sleep(0.01)
    await broker.stop()
    await database.stop()

    first, second = heard
    assert threads == []
    assert [each.event.type for each in heard] == [f"{topic}.a", f"{topic}.b.c"]
    assert first.stream_seq < second.stream_seq
    assert second.pending == 0
    assert timedelta() <= datetime.now(UTC) - second.at < timedelta(minutes=1)
