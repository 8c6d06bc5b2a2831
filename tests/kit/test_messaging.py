"""From outbox to effect: kept together, sent once, heard once, one trace."""

import asyncio
from uuid import UUID, uuid4

import nats
import pytest
from opentelemetry.trace import SpanKind, StatusCode

from apps.kit import inbox, outbox
from apps.kit.broker import Broker
from apps.kit.burying import Hearing
from apps.kit.database import Database
from apps.kit.events import event_id
from apps.kit.listeners import Listeners
from apps.kit.outbox import Relay
from apps.kit.sending import Outgoing
from apps.kit.signals import Counter, span, tell
from tests.kit.happening import ThingHappened, happened

pytestmark = [pytest.mark.postgres, pytest.mark.nats]

HEARD = Counter("things.heard", unit="{thing}", about="Things heard.")


class Heard(list[UUID]):
    """What the listener heard; it stumbles over the first `stumbles` messages."""

    stumbles = 0

    async def hear(self, happened: ThingHappened, _ports: None) -> None:
        if self.stumbles:
            self.stumbles -= 1
            raise ValueError("stumbled")
        self.append(happened.thing)


@pytest.fixture
def heard():
    return Heard()


@pytest.fixture
def subject():
    return f"pay.v1.test.{uuid4().hex}"


@pytest.fixture
async def database(database_url):
    database = Database(database_url, (outbox.SCHEMA, inbox.SCHEMA))
    await database.start()
    yield database
    await database.stop()


@pytest.fixture
async def broker(nats_port, database, heard, subject, told):
    """A broker whose only listener is `heard`, with a consumer of the test's own."""
    url = f"nats://127.0.0.1:{nats_port}"
    broker = Broker(uuid4().hex, url, Hearing(delays_s=(0.05, 60)))

    async def hear(happened: ThingHappened, ports: None) -> None:
        """Hear it."""
        await heard.hear(happened, ports)

    listeners = Listeners()
    listeners.hears(subject)(hear)
    broker.hear(listeners, None, database)
    await broker.start()
    yield broker
    await broker.stop()


@pytest.fixture
async def relay(database, broker):
    relay = Relay(database, broker)
    await relay.start()
    yield relay
    await relay.stop()


@span("test.happen")
async def happen(database, subject, thing):
    async with database.transaction() as db:
        await outbox.put(db, happened(subject, thing))


async def until(holds) -> None:
    async with asyncio.timeout(10):
        while not holds():
            await asyncio.sleep(0.01)


async def test_an_event_reaches_its_listener_in_the_trace_it_was_made_in(
    database, relay, heard, subject, told
):
    thing = uuid4()

    await happen(database, subject, thing)
    await until(lambda: f"process {subject}" in {span.name for span in told.spans})

    cause = told.span("test.happen")
    sent, taken = told.span(f"send {subject}"), told.span(f"process {subject}")
    assert heard == [thing]
    assert (sent.kind, taken.kind) == (SpanKind.PRODUCER, SpanKind.CONSUMER)
    assert taken.parent.span_id == sent.context.span_id
    assert sent.parent.span_id == cause.context.span_id
    assert {s.context.trace_id for s in (cause, sent, taken)} == {
        cause.context.trace_id
    }
    assert taken.attributes["messaging.message.id"] == str(event_id(thing, 1))
    assert told.counted("messaging.process.duration") == 1
    assert told.counted("outbox.published") == 1


async def test_an_event_of_a_rolled_back_transaction_is_never_sent(
    database, relay, heard, subject, told
):
    lost, kept = uuid4(), uuid4()
    with pytest.raises(ValueError, match="no"):
        async with database.transaction() as db:
            await outbox.put(db, happened(subject, lost))
            raise ValueError("no")

    await happen(database, subject, kept)
    await until(lambda: heard)

    assert heard == [kept]


async def test_an_event_sent_twice_takes_effect_once(broker, heard, subject, told):
    """Another message id passes the stream's own dedupe: the inbox must know it."""
    event = happened(subject, uuid4())
    payload = event.model_dump_json().encode()

    for _ in range(2):
        await broker.publish(Outgoing(uuid4(), subject, payload, None))
    await until(lambda: told.events("message.duplicate"))

    assert heard == [event.data.thing]
    assert told.counted("inbox.duplicates") == 1


async def test_the_stream_drops_a_republished_message(broker, heard, subject, told):
    event = happened(subject, uuid4())
    message = Outgoing(event.id, subject, event.model_dump_json().encode(), None)

    assert await broker.publish(message)
    assert await broker.publish(message)
    other = happened(subject, uuid4())
    await broker.publish(
        Outgoing(other.id, subject, other.model_dump_json().encode(), None)
    )
    await until(lambda: len(heard) == 2)

    assert told.events("message.duplicate") == []


async def test_a_failed_delivery_comes_again_and_is_linked_to_the_first(
    broker, heard, subject, told
):
    heard.stumbles = 1
    event = happened(subject, uuid4())

    message = Outgoing(event.id, subject, event.model_dump_json().encode(), None)
    await broker.publish(message)
    await until(lambda: heard)
    await until(lambda: len(_processed(told)) == 2)

    first, second = _processed(told)
    assert first.status.status_code is StatusCode.ERROR
    assert first.attributes["error.type"] == "ValueError"
    assert [link.context.span_id for link in second.links] == [first.context.span_id]
    assert second.parent.span_id == first.parent.span_id
    assert second.attributes["messaging.message.delivery.attempt"] == 2
    assert told.event("message.postponed")["message.delay"] == 0.05


async def test_an_effect_that_is_undone_is_told_only_when_it_is_done_again(
    broker, heard, subject, told
):
    """On its span at once, where it is part of what was tried; counted when it is kept."""

    @span("test.hear")
    async def hear(happened, ports):
        tell("thing.heard", {"thing.id": happened.thing}, count=HEARD)
        tell("thing.failed", {}, fault=ValueError("tried"))
        await stumble(happened, ports)

    stumble, heard.hear, heard.stumbles = heard.hear, hear, 1
    event = happened(subject, uuid4())
    await broker.publish(
        Outgoing(event.id, subject, event.model_dump_json().encode(), None)
    )
    await until(lambda: len(_processed(told)) == 2)

    assert told.counted("things.heard") == 1
    assert len(told.events("thing.failed")) == 2
    first, second = (span for span in told.spans if span.name == "test.hear")
    assert first.attributes["thing.id"] == second.attributes["thing.id"]
    line = told.event("thing.heard")
    assert line["span_id"] == f"{second.context.span_id:016x}"
    assert line["trace_id"] == f"{second.context.trace_id:032x}"


async def test_what_is_no_event_is_postponed_and_not_lost(broker, heard, subject, told):
    await broker.publish(Outgoing(uuid4(), subject, b'{"specversion": "1.0"}', None))
    await until(lambda: told.events("message.postponed"))

    assert heard == []
    assert told.event("message.postponed")["exception.type"] == "ValidationError"


async def test_events_wait_until_their_broker_is_there(
    database, broker, heard, subject, told
):
    """The relay of a broker that was never started looks, and leaves the rows alone."""
    away = Broker(uuid4().hex, "nats://127.0.0.1:1")
    idle = Relay(database, away)
    thing = uuid4()
    await idle.start()
    await happen(database, subject, thing)
    await asyncio.sleep(2 * outbox.POLL_S)
    await idle.stop()
    assert heard == []
    assert told.events("outbox.interrupted") == []

    relay = Relay(database, broker)
    await relay.start()
    await until(lambda: heard)
    await relay.stop()

    assert heard == [thing]


async def test_it_is_told_how_many_events_wait_and_how_long(
    database, broker, heard, subject, told
):
    relay = Relay(database, broker)
    for _ in range(2):
        await happen(database, subject, uuid4())

    await relay.measure()
    assert told.measured("outbox.depth") == 2
    assert told.measured("outbox.oldest") > 0

    await relay.start()
    async with asyncio.timeout(10):
        while told.measured("outbox.depth"):
            await relay.measure()
    await relay.stop()
    assert told.measured("outbox.oldest") == 0


async def test_a_consumer_that_was_lost_is_made_again(
    broker, nats_port, heard, subject, told
):
    connection = await nats.connect(f"nats://127.0.0.1:{nats_port}")
    stream = connection.jetstream()
    ((_, durable),) = broker._durables
    await stream.delete_consumer("PAY", durable.durable_name)
    event = happened(subject, uuid4())
    message = Outgoing(event.id, subject, event.model_dump_json().encode(), None)
    await broker.publish(message)

    await broker._declared_again()
    await until(lambda: heard)

    assert heard == [event.data.thing]
    await connection.close()


async def test_a_listener_that_hears_more_than_before_hears_it(
    broker, nats_port, subject, told
):
    connection = await nats.connect(f"nats://127.0.0.1:{nats_port}")
    ((_, durable),) = broker._durables
    durable.filter_subjects = [subject, f"{subject}.more"]

    await broker._declared_again()

    info = await connection.jetstream().consumer_info("PAY", durable.durable_name)
    assert info.config.filter_subjects == [subject, f"{subject}.more"]
    await connection.close()


async def test_the_stream_refuses_rather_than_forgets(broker, nats_port, told):
    connection = await nats.connect(f"nats://127.0.0.1:{nats_port}")
    info = await connection.jetstream().stream_info("PAY")
    await connection.close()

    assert info.config.discard == "new"
    assert info.config.duplicate_window == 120


def _processed(told):
    return [span for span in told.spans if span.name.startswith("process ")]
