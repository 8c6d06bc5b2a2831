"""A work queue: each job is one worker's, and comes again when its worker fails."""

import asyncio
from collections import Counter
from contextlib import AsyncExitStack, asynccontextmanager
from uuid import uuid4

import nats
import pytest

from apps.kit import inbox
from apps.kit.broker import Broker
from apps.kit.burying import Hearing
from apps.kit.database import Database
from apps.kit.listeners import Listeners
from apps.kit.sending import Outgoing
from tests.kit.happening import ThingHappened, happened
from tests.kit.test_messaging import until

pytestmark = [pytest.mark.postgres, pytest.mark.nats]


class Work:
    """What the workers did; `stumbles` of the jobs fail at first."""

    def __init__(self):
        self.done = Counter()
        self.by = Counter()
        self.stumbles = 0

    async def do(self, worker, thing):
        if self.stumbles:
            self.stumbles -= 1
            raise ValueError("stumbled")
        self.done[thing] += 1
        self.by[worker] += 1


@pytest.fixture
def work():
    return Work()


@pytest.fixture
def subject():
    return f"jobs.v1.test.{uuid4().hex}"


@pytest.fixture
async def database(database_url):
    database = Database(database_url, (inbox.SCHEMA,))
    await database.start()
    yield database
    await database.stop()


@pytest.fixture
async def workers(nats_port, database, subject, work, told):
    """Two processes of one service, three workers each."""
    url, service = f"nats://127.0.0.1:{nats_port}", uuid4().hex
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(
                working(name, service, url, database, subject, work)
            )
            for name in ("one", "other")
        ]


@asynccontextmanager
async def working(name, service, url, database, subject, work):
    broker = Broker(service, url, Hearing(delays_s=(0.02, 60)))

    async def labour(job: ThingHappened, ports: None) -> None:
        """Do it."""
        await work.do(name, job.thing)

    listeners = Listeners()
    listeners.works(subject, workers=3)(labour)
    broker.hear(listeners, None, database)
    await broker.start()
    yield broker
    await broker.stop()


async def put(broker, subject, thing):
    job = happened(subject, thing)
    payload = job.model_dump_json().encode()
    await broker.publish(Outgoing(job.id, subject, payload, None))


async def test_each_job_is_done_once_by_one_of_all_workers(workers, subject, work):
    things = [uuid4() for _ in range(60)]

    await asyncio.gather(*(put(workers[0], subject, thing) for thing in things))
    await until(lambda: work.done.total() >= len(things))

    assert work.done == Counter(things)
    assert set(work.by) == {"one", "other"}


async def test_a_job_put_twice_is_done_once(workers, subject, work):
    thing, last = uuid4(), uuid4()

    for each in (thing, thing, last):
        await put(workers[0], subject, each)
    await until(lambda: last in work.done and thing in work.done)

    assert work.done == Counter([thing, last])


async def test_a_job_whose_worker_failed_is_done_in_the_end(workers, subject, work):
    work.stumbles = 2
    things = [uuid4() for _ in range(3)]

    for thing in things:
        await put(workers[0], subject, thing)
    await until(lambda: work.done.total() >= len(things))

    assert work.done == Counter(things)


async def test_a_job_that_takes_long_holds_up_no_other(workers, subject, work):
    long, is_over = uuid4(), asyncio.Event()
    do = work.do

    async def slowly(worker, thing):
        if thing == long:
            await is_over.wait()
        await do(worker, thing)

    work.do = slowly
    things = [uuid4() for _ in range(20)]

    await put(workers[0], subject, long)
    await asyncio.gather(*(put(workers[0], subject, thing) for thing in things))
    await until(lambda: work.done.total() >= len(things))
    assert work.done == Counter(things)

    is_over.set()
    await until(lambda: long in work.done)


async def test_a_job_that_is_done_is_gone_from_the_stream(
    workers, subject, work, nats_port
):
    connection = await nats.connect(f"nats://127.0.0.1:{nats_port}")
    jobs = connection.jetstream()

    async def waiting():
        info = await jobs.stream_info("JOBS", subjects_filter=subject)
        return (info.state.subjects or {}).get(subject, 0)

    await put(workers[0], subject, uuid4())
    await until(lambda: work.done)
    async with asyncio.timeout(10):
        while await waiting():
            await asyncio.sleep(0.01)

    info = await jobs.stream_info("JOBS")
    await connection.close()
    assert info.config.retention == "workqueue"
    assert info.config.storage == "file"
    assert info.config.discard == "new"
