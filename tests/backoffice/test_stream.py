"""The back office on a real stream: heard, read again, and died in the middle of it."""

import asyncio
import os
import subprocess
import sys
from contextlib import asynccontextmanager
from functools import partial
from uuid import uuid4

import nats
import pytest

from apps.backoffice.clients import DURABLE, PayStream
from apps.backoffice.domain.projections import Projection
from apps.backoffice.listeners import listeners
from apps.backoffice.store import SCHEMA
from apps.backoffice.usecases.projecting import project
from apps.backoffice.usecases.rebuilding import ask_rebuild, find, rebuild_asked
from apps.kit.broker import Broker
from apps.kit.crashing import KILLED
from apps.kit.database import Database
from apps.kit.sending import Outgoing
from apps.kit.values import now
from tests.backoffice.conftest import kept_in
from tests.backoffice.fakes import fake_ports
from tests.backoffice.histories import LIVES, heard, life, message, payouts
from tests.backoffice.looking import everything
from tests.conftest import free_port

pytestmark = [pytest.mark.postgres, pytest.mark.nats]

NAMES = sorted(LIVES)


@pytest.fixture
async def nats_url(nats_port):
    """A stream that is empty, which nobody has heard yet."""
    url = f"nats://127.0.0.1:{nats_port}"
    first = Broker("backoffice", url)
    await first.start()
    await first.stop()
    connection = await nats.connect(url)
    await connection.jetstream().purge_stream("PAY")
    yield url
    await connection.jetstream().delete_consumer("PAY", DURABLE)
    await connection.close()


@asynccontextmanager
async def hearing(database_url, nats_url):
    """A back office, in this process."""
    database = Database(database_url, SCHEMA)
    broker = Broker("backoffice", nats_url)
    ports = kept_in(database, PayStream(broker.stream, now, batch=20), now)
    broker.hear(listeners, ports, database)
    await database.start()
    await broker.start()
    try:
        yield ports, broker
    finally:
        await broker.stop()
        await database.stop()


def lives(numbers):
    """All that happens to so many payments, and the batches that paid them out."""
    said = []
    for n in numbers:
        name = NAMES[n % len(NAMES)]
        said += [*life(n, name), *payouts(n, name)]
    return said


async def tell(said, broker):
    for each in said:
        assert await broker.publish(message(each))


async def in_order(said):
    """What is shown when each event is heard once, in order."""
    ports = fake_ports()
    for each in heard(said):
        await project([each], ports)
    return await everything(ports, range(60))


async def until(holds, seconds=30):
    async with asyncio.timeout(seconds):
        while not await holds():
            await asyncio.sleep(0.02)


async def has_heard(events, ports):
    found = await find("payment_view", ports)
    return found.serving.events >= events and found.filling is None


async def test_a_rebuild_while_events_arrive_shows_what_was_heard_live(
    database_url, nats_url, told
):
    early, late = lives(range(20)), lives(range(20, 40))
    async with hearing(database_url, nats_url) as (ports, broker):
        await tell(early, broker)
        await until(partial(has_heard, len(early), ports))
        for projection in Projection:
            await ask_rebuild(projection, ports)

        await asyncio.gather(rebuild_asked(ports), tell([*late, *late], broker))
        await until(lambda: _is_idle(ports))

        expected = await in_order([*early, *late])
        assert await everything(ports, range(60)) == expected
        assert {each.filling for each in await ports.offsets.standings()} == {None}
        assert len(told.events("projection.rebuilt")) == len(Projection)


async def _is_idle(ports):
    await ports.stream.look()
    return ports.stream.waiting_since is None


async def test_what_is_no_event_is_passed_over(database_url, nats_url, told):
    async with hearing(database_url, nats_url) as (ports, broker):
        await tell(lives([0]), broker)
        for subject in ("pay.v1.payment.captured", "pay.v1.payment.unheard_of"):
            await broker.publish(Outgoing(uuid4(), subject, b"{}", None))
        await ask_rebuild("payment_view", ports)
        await rebuild_asked(ports)

        assert told.event("rebuild.finished")["rebuild.skipped"] == 2
        assert (await everything(ports))["payments"][0]


async def test_an_event_of_a_kind_that_is_new_moves_the_position(
    database_url, nats_url, told
):
    (change,) = life(1, "declined")
    known = message(change)
    payload = known.payload.replace(b"payment.declined", b"payment.disputed")
    async with hearing(database_url, nats_url) as (ports, broker):
        new = Outgoing(uuid4(), "pay.v1.payment.disputed", payload, None)
        await broker.publish(new)

        await until(partial(has_heard, 1, ports))

        assert (await find("payment_view", ports)).serving.as_of == change.at
        assert (await everything(ports))["days"] == [{}, {}]


async def test_what_waits_in_the_stream_is_lag(database_url, nats_url, told):
    async with hearing(database_url, nats_url) as (ports, broker):
        await tell(lives([0]), broker)
        await until(lambda: _is_idle(ports))
    sender = Broker("test", nats_url)
    await sender.start()
    stream = PayStream(sender.stream, now, batch=20)
    await stream.look()
    assert stream.waiting_since is None
    before = now()

    await tell(lives([1]), sender)
    await stream.look()

    assert before <= stream.waiting_since <= now()
    await sender.stop()


def process(database_url, nats_url, **more):
    """A back office in a process of its own."""
    env = {
        "BACKOFFICE_DATABASE_URL": database_url,
        "BACKOFFICE_NATS_URL": nats_url,
        "BACKOFFICE_PORT": str(free_port()),
        "BACKOFFICE_REBUILD_BATCH": "5",
        "BACKOFFICE_REBUILD_POLL_S": "0.1",
        "OTEL_SDK_DISABLED": "true",
        **more,
    }
    return subprocess.Popen(
        [sys.executable, "-m", "apps.backoffice"],
        env=os.environ | env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


async def test_a_process_that_dies_in_a_projection_leaves_nothing_half_done(
    database_url, nats_url, told
):
    early, late = lives(range(12)), lives([12])
    async with hearing(database_url, nats_url) as (ports, broker):
        await tell(early, broker)
        await until(lambda: _is_idle(ports))
        before = await everything(ports, range(60))
        for projection in Projection:
            await ask_rebuild(projection, ports)

    crash = {"PAYSCOPE_CRASH_AT": "backoffice.mid_projection:3"}
    with process(database_url, nats_url, **crash) as dying:
        assert await asyncio.to_thread(dying.wait, 30) == KILLED

    database = Database(database_url, SCHEMA)
    await database.start()
    ports = kept_in(database, None, now)
    half = [each.filling for each in await ports.offsets.standings()]
    assert [each.events for each in half] == [
        10
    ] * 4  # two batches; the third is undone
    assert await everything(ports, range(60)) == before

    sender = Broker("test", nats_url)
    await sender.start()
    with process(database_url, nats_url) as living:
        await tell(late, sender)
        await until(partial(has_heard, len(early) + len(late), ports))
        expected = await in_order([*early, *late])
        await until(lambda: _shows(ports, expected))
        living.terminate()
        assert await asyncio.to_thread(living.wait, 30) == 0
    assert {each.filling for each in await ports.offsets.standings()} == {None}
    await sender.stop()
    await database.stop()


async def _shows(ports, expected):
    return await everything(ports, range(60)) == expected
