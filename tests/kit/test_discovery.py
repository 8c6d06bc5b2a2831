"""Who announces himself is asked, who leaves or falls silent no longer is."""

import asyncio
import signal
import subprocess
from contextlib import asynccontextmanager, contextmanager
from uuid import uuid4

import pytest
from nats.errors import Error

from apps.kit.balancing import Replicas
from apps.kit.discovery import TTL_S, Announcer, Directory
from apps.kit.lines import OwnLine
from native import builds
from tests.conftest import free_port

SEED = "http://127.0.0.1:1"
FIRST, SECOND = "http://127.0.0.1:11", "http://127.0.0.1:12"


@asynccontextmanager
async def lined(port):
    line = OwnLine("test", f"nats://127.0.0.1:{port}")
    await line.start()
    try:
        yield line
    finally:
        await line.stop()


@asynccontextmanager
async def started(*parts):
    for part in parts:
        await part.start()
    try:
        yield
    finally:
        for part in parts:
            await part.stop()


async def until(holds, within_s=5.0):
    async with asyncio.timeout(within_s):
        while not holds():
            await asyncio.sleep(0.02)


def urls(replicas):
    return set(replicas._known)


@pytest.fixture
def service():
    return f"bank-{uuid4().hex[:8]}"


@pytest.mark.nats
async def test_a_replica_that_joins_or_leaves_is_followed(nats_port, service, told):
    replicas = Replicas(service, SEED)
    async with lined(nats_port) as line, started(Directory(line, replicas)):
        one = Announcer(service, FIRST, line, "bank-1")
        async with started(one):
            await until(lambda: urls(replicas) == {FIRST})
            two = Announcer(service, SECOND, line, "bank-2")
            async with started(two):
                await until(lambda: urls(replicas) == {FIRST, SECOND})
                await one.leave()
                await until(lambda: urls(replicas) == {SECOND}, within_s=0.5)
                await two.leave()
                await until(lambda: urls(replicas) == {SEED}, within_s=0.5)

    named = [line["replica.names"] for line in told.events("replicas.changed")]
    assert named == ["bank-1", "bank-1,bank-2", "bank-2", "127.0.0.1:1"]


@pytest.mark.nats
async def test_who_comes_later_finds_in_the_bucket_who_is_there(
    nats_port, service, told
):
    async with lined(nats_port) as line:
        there = Announcer(service, FIRST, line, "bank-1")
        await until(lambda: line.connection)
        await there._say()
        replicas = Replicas(service, SEED)
        await Directory(line, replicas).look()

        assert urls(replicas) == {FIRST}


@pytest.mark.nats
async def test_who_falls_silent_is_forgotten_after_ten_seconds(
    nats_port, service, told
):
    now = 100.0
    replicas = Replicas(service, SEED)
    async with lined(nats_port) as line:
        await until(lambda: line.connection)
        directory = Directory(line, replicas, clock=lambda: now)
        await directory.look()
        await Announcer(service, FIRST, line, "bank-1")._say()
        await until(lambda: urls(replicas) == {FIRST})

        now += TTL_S
        await directory.look()
        assert urls(replicas) == {FIRST}
        now += 0.1
        await directory.look()
        assert urls(replicas) == {SEED}


@pytest.mark.nats
async def test_an_announcement_of_another_service_is_not_ours(nats_port, service, told):
    replicas, others = Replicas(service, SEED), Replicas(f"{service}-x", SEED)
    async with lined(nats_port) as line:
        await until(lambda: line.connection)
        await Directory(line, replicas, others).look()
        await Announcer(others.service, FIRST, line, "x-1")._say()
        await until(lambda: urls(others) == {FIRST})

    assert urls(replicas) == {SEED}


@pytest.mark.nats
async def test_while_nats_is_away_the_last_known_stay(tmp_path, service, told):
    """Its memory is gone when it comes back: the bucket is made anew."""
    port, now = free_port(), 100.0
    replicas = Replicas(service, SEED)
    async with lined(port) as line:
        directory = Directory(line, replicas, clock=lambda: now)
        announcer = Announcer(service, FIRST, line, "bank-1")
        await directory.look()
        await announcer._say()
        assert urls(replicas) == {SEED}, "without NATS the configured ones are asked"

        with nats(port, tmp_path):
            await until(lambda: line.connection)
            await directory.look()
            await announcer._say()
            await until(lambda: urls(replicas) == {FIRST})
        await until(lambda: not line.connection)
        now += 10 * TTL_S
        await directory.look()
        assert urls(replicas) == {FIRST}

        with nats(port, tmp_path):
            await until(lambda: line.connection)
            await directory.look()
            assert urls(replicas) == {FIRST}, "he has had no time to say so again"
            await Announcer(service, SECOND, line, "bank-2")._say()
            await until(lambda: urls(replicas) == {FIRST, SECOND})


@contextmanager
def nats(port, store):
    command = [str(builds.program("nats-server")), "-js", "-sd", str(store)]
    quiet = subprocess.DEVNULL
    where = ["-a", "127.0.0.1", "-p", str(port)]
    with subprocess.Popen([*command, *where], stdout=quiet, stderr=quiet) as server:
        try:
            yield
        finally:
            server.send_signal(signal.SIGINT)


@pytest.mark.parametrize(
    "url",
    [
        b"http://b:port",
        b"foo bar",
        b"nats://b:1",
        b"http://",
        b"\xff",
        b"",
        b"http://256.1.1.1:80",
        b"http://h\x00:80",
        b"http://[v1.x]:80",
        b"http://xn--a:80",
        b"http://h/" + b"x" * 70_000,
    ],
)
def test_who_announces_what_cannot_be_asked_is_told_of_once_and_not_followed(told, url):
    replicas = Replicas("bank", SEED)
    directory = Directory(None, replicas)

    for _ in range(3):
        directory._remember("bank", "bad", url)
    directory._remember("bank", "good", FIRST.encode())

    assert urls(replicas) == {FIRST}
    assert told.event("replica.nonsense")["peer.replica"] == "bad"


class Deaf:
    """A connection on which the second subscription breaks, once."""

    def __init__(self):
        self.subscribed = []
        self.breaks = True

    async def subscribe(self, subject, cb):
        if self.subscribed and self.breaks:
            self.breaks = False
            raise ConnectionError
        self.subscribed.append(subject)

    def jetstream(self, timeout):
        raise Error

    @property
    def connection(self):
        return self


async def test_a_subscription_that_breaks_is_made_again(told):
    line = Deaf()
    directory = Directory(line, Replicas("bank", SEED), Replicas("fraud", SEED))

    with pytest.raises(ConnectionError):
        await directory.look()
    await directory.look()
    await directory.look()

    assert sorted(line.subscribed) == ["$KV.REPLICAS.bank.*", "$KV.REPLICAS.fraud.*"]


async def test_without_nats_a_line_starts_and_stops(told):
    replicas = Replicas("bank", SEED)
    async with (
        lined(free_port()) as line,
        started(
            Directory(line, replicas), announcer := Announcer("bank", FIRST, line, "1")
        ),
    ):
        await announcer.leave()
        assert line.connection is None
        assert await line.is_ready()

    assert urls(replicas) == {SEED}


@pytest.mark.nats
@pytest.mark.parametrize(
    ("ours", "offset"), [(1_000.0, 120.0), (1_240.0, -120.0)], ids=["ahead", "behind"]
)
async def test_a_clock_that_is_wrong_is_measured_by_whoever_hears_it(
    nats_port, service, told, monkeypatch, ours, offset
):
    monkeypatch.setattr("apps.kit.discovery.time.time", lambda: 1_120.0)
    replicas = Replicas(service, SEED)
    async with lined(nats_port) as line:
        await until(lambda: line.connection)
        await Directory(line, replicas, wall=lambda: ours).look()
        await Announcer(service, FIRST, line, "bank-2")._say()
        await until(lambda: urls(replicas) == {FIRST})

    assert told.measured("replica.clock.offset", peer_replica="bank-2") == offset


@pytest.mark.parametrize("said", ["", "soon", "nan", "-1", "9" * 400])
async def test_a_time_that_is_none_is_passed_over(service, told, said):
    directory = Directory(None, Replicas(service, SEED), wall=lambda: 1_000.0)

    directory._compare(service, "bank-1", {"Sent-At": said})

    assert told.measured("replica.clock.offset", peer_service=service) is None
