"""A pull takes what waits as it comes, and outlives its server."""

import asyncio
import time
from contextlib import asynccontextmanager
from uuid import uuid4

import nats
import pytest
from nats.js import api

from apps.kit import pulling
from apps.kit.pulling import Pull
from native import builds
from tests.conftest import free_port, running

pytestmark = pytest.mark.nats

STREAM = "PULLED"


@asynccontextmanager
async def connected(port, **options):
    connection = await nats.connect(
        f"nats://127.0.0.1:{port}", reconnect_time_wait=0.05, **options
    )
    stream = connection.jetstream()
    await stream.add_stream(name=STREAM, subjects=["pulled.>"])
    yield connection, stream
    await connection.close()


@pytest.fixture
async def line(nats_port):
    async with connected(nats_port) as line:
        yield line


async def pulling_of(line, durable, size=4, linger_s=0.1):
    connection, stream = line
    consumer = api.ConsumerConfig(
        durable_name=durable, filter_subject=f"pulled.{durable}", ack_wait=60
    )
    await stream.add_consumer(STREAM, consumer)
    pull = Pull(connection, STREAM, durable, size, linger_s)
    await pull.start()
    return pull


@pytest.fixture
def durable():
    return uuid4().hex


async def publish(line, durable, *words):
    for word in words:
        await line[1].publish(f"pulled.{durable}", word)


def words(batch):
    return b"".join(message.data for message in batch)


async def test_a_full_batch_waits_for_nothing(line, durable):
    pull = await pulling_of(line, durable, linger_s=60)
    await publish(line, durable, *(b"a", b"b", b"c", b"d", b"e", b"f", b"g", b"h"))

    async with asyncio.timeout(10):
        assert words(await pull.batch()) == b"abcd"
        assert words(await pull.batch()) == b"efgh"


async def test_what_comes_within_the_linger_comes_along(line, durable):
    pull = await pulling_of(line, durable, linger_s=0.5)
    waiting = asyncio.create_task(pull.batch())
    begun = time.monotonic()
    await publish(line, durable, b"a")
    await asyncio.sleep(0.1)
    await publish(line, durable, b"b")

    assert words(await waiting) == b"ab"
    assert 0.4 < time.monotonic() - begun < 5


async def test_one_at_a_time_lingers_for_nothing(line, durable):
    pull = await pulling_of(line, durable, size=1, linger_s=60)
    await publish(line, durable, b"a", b"b")

    async with asyncio.timeout(10):
        assert words(await pull.batch()) == b"a"
        assert words(await pull.batch()) == b"b"


async def test_a_request_that_ended_is_made_again(line, durable, monkeypatch):
    monkeypatch.setattr(pulling, "ASKED_FOR_S", 0.1)
    pull = await pulling_of(line, durable)
    waiting = asyncio.create_task(pull.batch())
    await asyncio.sleep(0.5)
    await publish(line, durable, b"a")

    assert words(await waiting) == b"a"
    assert pull._requests >= 3


async def test_closed_it_has_nothing_and_gives_back_what_came(line, durable):
    pull = await pulling_of(line, durable, size=2)
    await publish(line, durable, b"a", b"b", b"c")
    await pull.batch()
    waiting = asyncio.create_task(pull.batch())

    pull.close()

    assert await waiting == ()
    await pull.give_back()
    other = Pull(line[0], STREAM, durable, 4, 0.1)
    await other.start()
    async with asyncio.timeout(5):
        assert words(await other.batch()) == b"c"


async def test_a_server_that_fell_is_asked_as_soon_as_it_is_back(tmp_path, durable):
    port = free_port()
    server = [str(builds.program("nats-server")), "-js", "-sd", str(tmp_path)]
    server += ["-a", "127.0.0.1", "-p", str(port)]
    back = asyncio.Event()

    async def renew():
        pull.renew()
        back.set()

    with running(server):
        line = connected(port, max_reconnect_attempts=-1, reconnected_cb=renew)
        connection, stream = await line.__aenter__()
        pull = await pulling_of((connection, stream), durable)
        waiting = asyncio.create_task(pull.batch())
        await publish((connection, stream), durable, b"a")
        assert words(await waiting) == b"a"
        waiting = asyncio.create_task(pull.batch())
        await asyncio.sleep(0.1)
    with running(server):
        async with asyncio.timeout(20):
            await back.wait()
        begun = time.monotonic()
        await publish((connection, stream), durable, b"b")
        assert words(await waiting) == b"b"
        assert time.monotonic() - begun < pulling.ASKED_FOR_S - 1
        await connection.close()
