"""Messages heard many at once: kept together, told apart, and done alone where one fails."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

import nats
import nats.aio.msg
import nats.errors
import pytest

from apps.kit import baggage, consuming, inbox, outbox, pulling
from apps.kit.broker import Broker
from apps.kit.burying import Hearing
from apps.kit.database import Database
from apps.kit.events import CloudEvent
from apps.kit.listeners import Delivered, Listeners
from apps.kit.outbox import Relay
from apps.kit.sending import Outgoing
from apps.kit.signals import span, tell
from tests.kit.happening import ThingHappened, happened
from tests.kit.test_messaging import HEARD, until

pytestmark = [pytest.mark.postgres, pytest.mark.nats]

LINGER_S = 0.2

ATTEMPT = "messaging.message.delivery.attempt"


class Heard:
    """What was heard, batch by batch, and kept in a table beside the inbox."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.batches: list[list[UUID]] = []
        self.cursed: set[UUID] = set()
        self.begun = asyncio.Event()
        self.may_end = asyncio.Event()
        self.may_end.set()

    async def hear(self, batch: Sequence[Delivered[ThingHappened]]) -> None:
        things = [each.event.data.thing for each in batch]
        async with self.database.connection() as db:
            await db.executemany(
                "INSERT INTO thing VALUES ($1)", [(t,) for t in things]
            )
        for each in batch:
            with each.telling():
                told = {"thing.id": each.event.data.thing}
                tell("thing.heard", told, count=HEARD)
        self.begun.set()
        await self.may_end.wait()
        if self.cursed.intersection(things):
            raise LookupError("cursed")
        self.batches.append(things)

    async def kept(self) -> Counter[UUID]:
        async with self.database.connection() as db:
            return Counter(
                [row["id"] for row in await db.fetch("SELECT id FROM thing")]
            )


@pytest.fixture
def subject():
    return f"pay.v1.test.{uuid4().hex}"


@pytest.fixture
def service():
    return uuid4().hex


@pytest.fixture
async def database(database_url):
    database = Database(database_url, (inbox.SCHEMA, outbox.SCHEMA))
    await database.start()
    async with database.connection() as db:
        await db.execute("CREATE TABLE IF NOT EXISTS thing (id uuid)")
    yield database
    await database.stop()


@pytest.fixture
def heard(database):
    return Heard(database)


@asynccontextmanager
async def hearing(nats_port, database, service, subject, heard):
    broker = Broker(
        service, f"nats://127.0.0.1:{nats_port}", Hearing(delays_s=(0.05, 60))
    )

    async def hear(batch: Sequence[Delivered[ThingHappened]], _ports: None) -> None:
        """Hear them."""
        await heard.hear(batch)

    listeners = Listeners()
    listeners.hears(subject, batch=8, linger_s=LINGER_S)(hear)
    broker.hear(listeners, None, database)
    await broker.start()
    try:
        yield broker
    finally:
        await broker.stop()


@pytest.fixture
async def broker(nats_port, database, service, subject, heard, told):
    async with hearing(nats_port, database, service, subject, heard) as broker:
        yield broker


@span("test.announce")
async def announce(broker, subject, *things):
    """Each under a message id of its own: the stream drops none as known."""
    events = [happened(subject, thing) for thing in things]
    messages = [
        Outgoing(uuid4(), subject, event.model_dump_json().encode(), None)
        for event in events
    ]
    assert all(await broker.publish_all(messages))


def processed(told, subject):
    return [each for each in told.spans if each.name == f"process {subject}"]


async def test_all_that_waits_is_heard_at_once_in_its_order(
    broker, subject, heard, told
):
    things = [uuid4() for _ in range(20)]

    await announce(broker, subject, *things)
    await until(lambda: len(processed(told, subject)) == 20)

    assert [len(batch) for batch in heard.batches] == [8, 8, 4]
    assert [thing for batch in heard.batches for thing in batch] == things
    assert await heard.kept() == Counter(things)


async def test_an_event_that_comes_twice_in_a_batch_takes_effect_once(
    broker, subject, heard, told
):
    once, twice = uuid4(), uuid4()

    await announce(broker, subject, twice, once, twice)
    await until(lambda: len(processed(told, subject)) == 3)

    assert heard.batches == [[twice, once]]
    assert told.counted("inbox.duplicates") == 1
    line = told.event("message.duplicate")
    dropped = processed(told, subject)[2]
    assert line["trace_id"] == f"{dropped.context.trace_id:032x}"


async def test_an_event_heard_before_is_left_out_of_its_batch(
    broker, subject, heard, told
):
    old, new = uuid4(), uuid4()
    await announce(broker, subject, old)
    await until(lambda: heard.batches)

    await announce(broker, subject, old, new)
    await until(lambda: len(processed(told, subject)) == 3)

    assert heard.batches == [[old], [new]]
    assert await heard.kept() == Counter([old, new])


async def test_one_that_cannot_be_heard_fails_alone(broker, subject, heard, told):
    """The others take effect, though their batch was undone; each is told of once."""
    before, cursed, after = uuid4(), uuid4(), uuid4()
    heard.cursed.add(cursed)

    await announce(broker, subject, before, cursed, after)
    await until(lambda: len(processed(told, subject)) == 3)

    assert heard.batches == [[before], [after]]
    assert await heard.kept() == Counter([before, after])
    assert told.counted("things.heard") == 2
    assert told.event("batch.divided")["messaging.batch.message_count"] == 3
    heard.cursed.clear()
    await until(lambda: len(processed(told, subject)) == 4)
    assert await heard.kept() == Counter([before, cursed, after])


async def test_what_is_no_event_leaves_its_batch_whole(broker, subject, heard, told):
    one, other = uuid4(), uuid4()
    nonsense = Outgoing(uuid4(), subject, b"{}", None)
    events = [happened(subject, thing) for thing in (one, other)]
    first, last = (
        Outgoing(event.id, subject, event.model_dump_json().encode(), None)
        for event in events
    )

    await broker.publish_all([first, nonsense, last])
    await until(lambda: len(processed(told, subject)) >= 3)

    assert heard.batches == [[one, other]]
    assert told.event("message.postponed")["error.type"] == "ValidationError"


async def test_each_message_has_its_own_span_and_the_batch_one_linked_to_all(
    database, broker, service, subject, heard, told
):
    relay, things = Relay(database, broker), [uuid4() for _ in range(3)]
    for thing in things:
        await _happen(database, subject, thing)
    await relay.start()
    await until(lambda: len(processed(told, subject)) == 3)
    await relay.stop()

    (work,) = (each for each in told.spans if each.name == f"{service}.hear")
    causes = [each for each in told.spans if each.name == "test.happen"]
    taken = processed(told, subject)
    assert work.parent is None
    assert {link.context.span_id for link in work.links} == {
        each.context.span_id for each in taken
    }
    assert [each.context.trace_id for each in taken] == [
        each.context.trace_id for each in causes
    ]
    for each in taken:
        assert each.attributes["messaging.batch.message_count"] == 3
        assert [link.context.span_id for link in each.links] == [work.context.span_id]


async def test_what_is_told_of_a_message_goes_to_its_own_span_and_trace(
    database, broker, subject, heard, told
):
    relay, things = Relay(database, broker), [uuid4() for _ in range(3)]
    for thing in things:
        await _happen(database, subject, thing)
    await relay.start()
    await until(lambda: len(processed(told, subject)) == 3)
    await relay.stop()

    taken = {each.attributes["thing.id"]: each for each in processed(told, subject)}
    lines = {line["thing.id"]: line for line in told.events("thing.heard")}
    assert set(taken) == set(lines) == {str(thing) for thing in things}
    for thing, line in lines.items():
        assert line["trace_id"] == f"{taken[thing].context.trace_id:032x}"
        assert line["span_id"] == f"{taken[thing].context.span_id:016x}"


async def test_journey_and_merchant_of_each_go_with_it_through_outbox_and_batch(
    database, broker, subject, heard, told
):
    relay, walks = Relay(database, broker), ("rush", "refund", None)
    things = {str(thing): walk for walk in walks for thing in [uuid4()]}
    for thing, walk in things.items():
        with baggage.carried(walk and f"journey={walk}"):
            baggage.name(f"M-{walk}")
            await _happen(database, subject, UUID(thing))
    await relay.start()
    await until(lambda: len(processed(told, subject)) == 3)
    await relay.stop()

    lines = {line["thing.id"]: line for line in told.events("thing.heard")}
    spans = {each.attributes["thing.id"]: each for each in processed(told, subject)}
    for thing, walk in things.items():
        assert lines[thing].get(baggage.JOURNEY) == walk
        assert spans[thing].attributes.get(baggage.JOURNEY) == walk
        assert lines[thing][baggage.MERCHANT] == f"M-{walk}"
        assert spans[thing].attributes[baggage.MERCHANT] == f"M-{walk}"
    sent = [each for each in told.spans if each.name == f"send {subject}"]
    assert {each.attributes[baggage.MERCHANT] for each in sent} == {
        f"M-{walk}" for walk in walks
    }


async def test_one_that_comes_again_is_heard_before_those_behind_it(
    broker, subject, heard, told
):
    """In the stream's order, where both wait."""
    first, second, third = (uuid4() for _ in range(3))
    heard.cursed.add(first)
    await announce(broker, subject, first)
    await until(lambda: told.events("message.postponed"))
    heard.cursed.clear()

    await announce(broker, subject, second, third)
    await until(lambda: sum(map(len, heard.batches)) == 3)

    assert [each for batch in heard.batches for each in batch] == [first, second, third]
    assert told.event("message.postponed")["messaging.message.delivery.attempt"] == 1


async def test_those_that_wait_for_their_turn_do_not_come_again_meanwhile(
    broker, subject, heard, told, monkeypatch
):
    monkeypatch.setattr(consuming, "HELD_EVERY_S", 0)
    held = []
    real = nats.aio.msg.Msg.in_progress

    async def in_progress(self):
        held.append(self)
        await real(self)

    monkeypatch.setattr(nats.aio.msg.Msg, "in_progress", in_progress)
    things = [uuid4() for _ in range(4)]
    heard.cursed.add(things[0])

    await announce(broker, subject, *things)
    await until(lambda: len(processed(told, subject)) >= 4)

    assert len(held) >= 6
    assert {each.attributes[ATTEMPT] for each in processed(told, subject)[:4]} == {1}


async def test_a_message_alone_is_done_under_its_own_span(
    broker, service, subject, heard, told
):
    await announce(broker, subject, uuid4())
    await until(lambda: processed(told, subject))

    (taken,) = processed(told, subject)
    assert "messaging.batch.message_count" not in taken.attributes
    inserted = [each for each in told.spans if each.name == "INSERT inbox"]
    assert [each.parent.span_id for each in inserted] == [taken.context.span_id]
    assert not [each for each in told.spans if each.name == f"{service}.hear"]


async def test_a_batch_whose_acks_are_lost_takes_no_effect_again(
    nats_port, database, service, subject, heard, told, monkeypatch
):
    """Committed, and then the stream hears nothing of it: it delivers them once more."""
    things, lost = [uuid4() for _ in range(5)], []

    async def vanishes(self):
        lost.append(self)

    async def is_not_answered(self):
        lost.append(self)
        raise nats.errors.TimeoutError

    async with hearing(nats_port, database, service, subject, heard) as broker:
        with monkeypatch.context() as patch:
            patch.setattr(nats.aio.msg.Msg, "ack", vanishes)
            patch.setattr(nats.aio.msg.Msg, "ack_sync", is_not_answered)
            await announce(broker, subject, *things)
            await until(lambda: told.events("messages.unacknowledged"))
        for each in lost:
            await each.nak()
        await until(lambda: len(told.events("message.duplicate")) == 5)

    assert heard.batches == [things]
    assert await heard.kept() == Counter(things)
    assert told.counted("things.heard") == 5
    again = processed(told, subject)[5:]
    assert [each.attributes[ATTEMPT] for each in again] == [2] * 5


async def test_who_leaves_ends_what_began_and_gives_the_rest_back_at_once(
    nats_port, database, service, subject, heard, told
):
    heard.may_end.clear()
    things = [uuid4() for _ in range(12)]
    async with hearing(nats_port, database, service, subject, heard) as broker:
        await announce(broker, subject, *things)
        await until(heard.begun.is_set)
        asyncio.get_running_loop().call_later(0.1, heard.may_end.set)
    assert heard.batches == [things[:8]]

    async with asyncio.timeout(consuming.ACK_WAIT_S / 2):
        async with hearing(nats_port, database, service, subject, heard):
            await until(lambda: len(heard.batches) == 2)

    assert heard.batches == [things[:8], things[8:]]
    assert await heard.kept() == Counter(things)


async def test_a_consumer_that_is_gone_is_not_asked_in_haste(
    broker, nats_port, service, subject, heard, monkeypatch
):
    connection = await nats.connect(f"nats://127.0.0.1:{nats_port}")
    asked = []
    real = pulling.Pull._ask

    async def ask(self):
        asked.append(self)
        await real(self)

    monkeypatch.setattr(pulling.Pull, "_ask", ask)
    await connection.jetstream().delete_consumer("PAY", f"{service}-hear")
    await asyncio.sleep(3 * pulling.REFUSED_S)
    await connection.close()

    assert 1 <= len(asked) <= 5
    await broker._declared_again()
    await announce(broker, subject, uuid4())
    await until(lambda: heard.batches)


async def test_jobs_that_failed_come_again_and_the_others_do_not(
    nats_port, database, told
):
    service, subject = uuid4().hex, f"jobs.v1.test.{uuid4().hex}"
    good, bad, tried = uuid4(), uuid4(), []
    broker = Broker(
        service, f"nats://127.0.0.1:{nats_port}", Hearing(delays_s=(0.05, 60))
    )

    async def labour(jobs: Sequence[Delivered[ThingHappened]], _ports: None) -> None:
        """Do them."""
        for each in jobs:
            tried.append(each.event.data.thing)
            if each.event.data.thing == bad and tried.count(bad) == 1:
                each.fail(LookupError("not yet"))

    listeners = Listeners()
    listeners.works(subject, workers=1, batch=8)(labour)
    broker.hear(listeners, None, database)
    await broker.start()
    await announce(broker, subject, good, bad)
    await until(lambda: len(tried) == 3)
    await broker.stop()

    assert tried == [good, bad, bad]
    assert told.event("message.postponed")["error.type"] == "LookupError"


def test_a_function_that_reads_one_message_takes_no_batch():
    async def one(happened: CloudEvent[ThingHappened], _ports: None) -> None:
        """Hear it."""

    with pytest.raises(TypeError):
        Listeners().hears("pay.v1.test", batch=8)(one)


@span("test.happen")
async def _happen(database, subject, thing):
    async with database.transaction() as db:
        await outbox.put(db, happened(subject, thing))
