"""Many events recorded at once, and many merchants told: each stands for itself."""

import asyncio
from uuid import UUID

import pytest

from apps.kit.database import Database
from apps.kit.signals import span
from apps.notifications import usecases
from apps.notifications.domain.notification import State, UnderWay
from apps.notifications.events import job, notification
from apps.notifications.store import SCHEMA
from apps.notifications.store.endpoints import KNOWN_FOR_S, Targets
from apps.notifications.store.notifications import PostgresStore
from apps.notifications.usecases import LEASE, deliver, of_payment
from tests.kit.test_messaging import until

from .conftest import offered
from .fakes import NOW, URL, authorised, delivered, envelope, hear, ports_of

PAYMENTS = [UUID(int=each) for each in range(1, 21)]
EVENTS = [
    authorised(f"M-0{1 + nth % 2}", payment=payment)
    for nth, payment in enumerate(PAYMENTS)
]
TARGET = {"M-01": "M-01/webhook", "M-02": "M-02/webhook"}


def first_job(event):
    new = notification(event, TARGET[event.data.merchant_id], NOW, None)
    return job(new, NOW).data


JOBS = [first_job(each) for each in EVENTS]


def batch(jobs):
    return [delivered(envelope(each)) for each in jobs]


def faults(jobs):
    return [type(each.attempt.fault) for each in jobs if each.attempt.fault]


async def states(ports):
    found = [await of_payment(payment, None, ports) for payment in PAYMENTS]
    return [each.notification.state for (each,) in found]


def statements(told):
    """What the databases were asked inside of spans, and how often."""
    return [each.name for each in told.spans if "db.query.summary" in each.attributes]


async def test_of_many_events_each_is_recorded_once(ports, told):
    await hear(ports, *EVENTS, *EVENTS[:5])
    await hear(ports, *EVENTS[10:])

    assert await states(ports) == [State.PENDING] * 20
    assert told.counted("notifications.recorded") == 20


@pytest.fixture
async def database(database_url):
    database = Database(database_url, SCHEMA)
    await database.start()
    yield database
    await database.stop()


@pytest.mark.postgres
async def test_a_batch_takes_as_many_statements_as_one_does(database, told):
    ports = ports_of(await offered(PostgresStore(database)))

    await span("test.hear")(hear)(ports, *EVENTS)
    await span("test.work")(deliver)(batch(JOBS), ports)

    assert statements(told) == [
        "SELECT endpoint",
        "INSERT notification",
        "INSERT outbox",
        "COMMIT",
        *["WITH notification"] * 2,
    ]
    assert await states(ports) == [State.DELIVERED] * 20


async def test_whoever_breaks_us_fails_alone(ports, merchants, told):
    await hear(ports, *EVENTS)
    honest = merchants.tell

    async def breaking(delivery, at):
        if delivery.notification.payment_id == PAYMENTS[3]:
            raise ValueError
        return await honest(delivery, at)

    merchants.tell = breaking
    jobs = batch(JOBS)
    await deliver(jobs, ports)

    assert faults(jobs) == [ValueError]
    assert (await states(ports)).count(State.DELIVERED) == 19


async def test_who_answers_is_kept_while_others_are_silent(
    ports, merchants, told, monkeypatch
):
    monkeypatch.setattr(usecases, "KEPT_EVERY_S", 0.01)
    await hear(ports, *EVENTS)
    honest, silence = merchants.tell, asyncio.Event()

    async def silent(delivery, at):
        if delivery.notification.merchant_id == "M-02":
            await silence.wait()
        return await honest(delivery, at)

    merchants.tell = silent
    working = asyncio.create_task(deliver(batch(JOBS), ports))
    await until(lambda: len(told.events("webhook.delivered")) == 10)

    assert (await states(ports)).count(State.PENDING) == 10
    silence.set()
    await working
    assert await states(ports) == [State.DELIVERED] * 20


async def test_a_batch_that_is_broken_off_asks_nobody_any_more(ports, merchants):
    await hear(ports, *EVENTS[:2])
    ended = []

    async def silent(delivery, _at):
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(delivery)

    merchants.tell = silent
    working = asyncio.create_task(deliver(batch(JOBS[:2]), ports))
    await asyncio.sleep(0.1)
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    await asyncio.sleep(0)

    assert len(ended) == 2


async def test_each_job_of_a_batch_finds_what_is_its_own(ports, store, merchants, told):
    """One was done before, one is at another worker, one came twice, one is of nothing."""
    await hear(ports, *EVENTS[:4])
    await deliver(batch(JOBS[:1]), ports)
    await store.claim(JOBS[1:2], NOW, NOW + LEASE)
    merchants.told.clear()

    jobs = batch([*JOBS[:4], JOBS[3], JOBS[9]])
    await deliver(jobs, ports)

    assert [each.attempt.fault is None for each in jobs] == [
        True,
        False,
        True,
        True,
        False,
        True,
    ]
    assert faults(jobs) == [UnderWay] * 2
    assert [each["notification.id"] for each in told.events("webhook.repeated")] == [
        str(JOBS[0].notification_id),
        str(JOBS[9].notification_id),
    ]
    assert len(merchants.told) == 2


async def test_workers_at_the_same_jobs_in_any_order_tell_each_merchant_once(
    ports, merchants, told
):
    await hear(ports, *EVENTS)
    honest = merchants.tell

    async def slowly(delivery, at):
        await asyncio.sleep(0.01)
        return await honest(delivery, at)

    merchants.tell = slowly
    batches = [batch(order) for order in (JOBS, JOBS[::-1], JOBS[5:], JOBS[:15])]
    await asyncio.gather(*(deliver(each, ports) for each in batches))

    asked = [each.notification.id for each in merchants.told]
    assert sorted(asked) == sorted(each.notification_id for each in JOBS)
    assert await states(ports) == [State.DELIVERED] * 20
    assert {fault for each in batches for fault in faults(each)} <= {UnderWay}


async def test_two_who_finish_the_same_wait_for_one_another(ports, store, clock, told):
    """Both believe that the other is dead; neither undoes the other's work."""
    await hear(ports, *EVENTS)
    honest = store.finish

    async def together(made):
        await asyncio.sleep(0.05)
        return await honest(made)

    store.finish = together
    first = asyncio.create_task(deliver(batch(JOBS), ports))
    await until(lambda: len(ports.merchants.told) == 20)
    clock.pass_by(LEASE.total_seconds() + 1)
    await asyncio.gather(first, deliver(batch(JOBS[::-1]), ports))

    assert await states(ports) == [State.DELIVERED] * 20
    assert len(told.events("webhook.delivered")) == 20


@pytest.mark.postgres
async def test_an_endpoint_is_asked_for_once_in_a_while(database, told):
    now = [100.0]
    targets = Targets(database, clock=lambda: now[0])
    await targets.offer("M-01", URL)

    @span("test.ask")
    async def ask():
        return await targets.of({"M-01", "M-99"})

    for _ in range(3):
        assert await ask() == {"M-01": ["M-01/webhook"], "M-99": []}
    assert statements(told) == ["SELECT endpoint"]

    await Targets(database).offer("M-99", URL)
    assert (await ask())["M-99"] == []
    now[0] += KNOWN_FOR_S
    assert (await ask())["M-99"] == ["M-99/webhook"]
