"""What cannot be heard is given up, kept, and heard once when it is replayed."""

import asyncio
from collections.abc import Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID, uuid4

import nats
import pytest
from nats.js import api
from nats.js.errors import NotFoundError
from opentelemetry.trace import SpanKind, StatusCode
from pydantic import ValidationError

from apps.kit import burying, dlq, inbox
from apps.kit.broker import Broker
from apps.kit.burying import Depth, Hearing
from apps.kit.database import Database
from apps.kit.events import event_id
from apps.kit.listeners import Listeners
from apps.kit.sending import Outgoing
from tests.kit.happening import ThingHappened, happened
from tests.kit.test_messaging import until

pytestmark = [pytest.mark.postgres, pytest.mark.nats]

DELAYS = (0.02, 0.04)
DELIVERIES = len(DELAYS) + 1
PAN = "5204460010000007"


@dataclass
class Hearer:
    """A hearer that cannot take what is `cursed`."""

    heard: list[UUID] = field(default_factory=list)
    tried: list[UUID] = field(default_factory=list)
    cursed: set[UUID] = field(default_factory=set)

    def take(self, thing: UUID) -> None:
        self.tried.append(thing)
        if thing in self.cursed:
            raise LookupError(f"cursed, and card {PAN}")
        self.heard.append(thing)


@pytest.fixture
def one():
    return Hearer()


@pytest.fixture
def other():
    return Hearer()


@pytest.fixture
def service():
    return uuid4().hex


@pytest.fixture
def subject():
    return f"pay.v1.test.{uuid4().hex}"


@pytest.fixture
async def database(database_url):
    database = Database(database_url, (inbox.SCHEMA,))
    await database.start()
    yield database
    await database.stop()


@pytest.fixture
async def broker(nats_port, database, service, subject, one, other, told, monkeypatch):
    """A service with two hearers of the same subject, and little patience."""
    monkeypatch.setattr(burying, "POLL_S", 0.05)
    async with hearing(nats_port, database, service, subject, one, other) as broker:
        yield broker


@asynccontextmanager
async def hearing(nats_port, database, service, subject, one, other):
    async def hear_one(happened: ThingHappened, _ports: None) -> None:
        """Hear it."""
        one.take(happened.thing)

    async def hear_other(happened: ThingHappened, _ports: None) -> None:
        """Hear it, too."""
        other.take(happened.thing)

    listeners = Listeners()
    for hear in (hear_one, hear_other):
        listeners.hears(subject)(hear)
    url = f"nats://127.0.0.1:{nats_port}"
    broker = Broker(service, url, Hearing(delays_s=DELAYS))
    broker.hear(listeners, None, database)
    await broker.start()
    try:
        yield broker
    finally:
        await broker.stop()


@pytest.fixture
async def stream(nats_port):
    """The operator's own connection, and no letters of other tests."""
    connection = await nats.connect(f"nats://127.0.0.1:{nats_port}")
    stream = connection.jetstream()
    try:
        await stream.purge_stream("DLQ")
    except NotFoundError:
        await stream.add_stream(dlq.STREAM)
    yield stream
    await connection.close()


async def happen(broker: Broker, subject: str) -> UUID:
    thing = uuid4()
    await announce(broker, subject, thing)
    return thing


async def announce(broker: Broker, subject: str, thing: UUID) -> None:
    told = happened(subject, thing)
    payload = told.model_dump_json().encode()
    assert await broker.publish(Outgoing(told.id, subject, payload, None))


async def dead(stream) -> list[dlq.DeadLetter]:
    return [letter async for letter in dlq.letters(stream)]


async def buried(told, count: int = 1) -> None:
    await until(lambda: len(told.events("message.dead")) >= count)


async def unacknowledged(stream, service: str) -> int:
    info = await stream.consumer_info("PAY", f"{service}-hear_one")
    return info.num_ack_pending + info.num_pending


async def none_left(stream, service: str) -> None:
    while await unacknowledged(stream, service):
        pass


def spans(told, name: str, **facts):
    return [
        span
        for span in told.spans
        if span.name == name
        and facts.items()
        <= {key.replace(".", "_"): v for key, v in span.attributes.items()}.items()
    ]


async def test_what_fails_too_often_is_kept_as_a_dead_letter_and_acknowledged(
    stream, broker, one, other, service, subject, told
):
    thing = uuid4()
    one.cursed.add(thing)

    await announce(broker, subject, thing)
    await buried(told)
    await none_left(stream, service)

    (letter,) = await dead(stream)
    assert one.tried == [thing] * DELIVERIES
    assert other.heard == [thing]
    assert (letter.consumer, letter.subject) == (f"{service}-hear_one", subject)
    assert letter.event_id == str(event_id(thing, 1))
    assert (letter.error, letter.deliveries) == ("LookupError", DELIVERIES)
    assert letter.payload == happened(subject, thing).model_dump_json().encode()
    assert letter.headers["content-type"] == "application/cloudevents+json"
    assert letter.first_at <= letter.died_at
    assert letter.stream == "PAY"


async def test_a_letter_lies_under_its_service_and_consumer_with_an_id_of_its_own(
    stream, broker, one, service, subject, told
):
    thing = uuid4()
    one.cursed.add(thing)

    await announce(broker, subject, thing)
    await buried(told)

    raw = await stream.get_last_msg("DLQ", f"dlq.v1.{service}.{service}-hear_one")
    original = str(event_id(thing, 1))
    assert raw.headers["Original-Nats-Msg-Id"] == original
    assert raw.headers["Nats-Msg-Id"] != original


async def test_a_death_is_told_alike_on_span_log_and_metric(
    stream, broker, one, service, subject, told
):
    thing = uuid4()
    one.cursed.add(thing)

    await announce(broker, subject, thing)
    await buried(told)
    consumer = f"{service}-hear_one"
    await until(
        lambda: (
            len(
                spans(
                    told,
                    f"process {subject}",
                    messaging_consumer_group_name=consumer,
                )
            )
            == DELIVERIES
        )
    )

    line = told.event("message.dead")
    sent = told.span(f"send dlq.v1.{service}.{consumer}")
    last = spans(
        told, f"process {subject}", messaging_message_delivery_attempt=DELIVERIES
    )[0]
    (letter,) = await dead(stream)
    assert line["level"] == "error"
    assert line["messaging.consumer.group.name"] == consumer
    assert sent.kind is SpanKind.PRODUCER
    assert sent.parent.span_id == last.context.span_id
    assert last.status.status_code is StatusCode.ERROR
    assert letter.traceparent.split("-")[1:3] == [
        f"{sent.context.trace_id:032x}",
        f"{sent.context.span_id:016x}",
    ]
    assert told.counted(
        "dlq.messages",
        messaging_consumer_group_name=consumer,
        error_type="LookupError",
    )
    assert PAN not in told.everything()


async def test_others_flow_past_a_message_that_fails(
    stream, broker, one, subject, told
):
    cursed = uuid4()
    one.cursed.add(cursed)

    await announce(broker, subject, cursed)
    good = [await happen(broker, subject) for _ in range(5)]
    await buried(told)
    await until(lambda: len(one.heard) == 5)

    assert one.heard == good


@pytest.mark.parametrize(
    "payload",
    [
        b'{"specversion": "1.0"}',
        b"no json",
        b"\xff\xfe",
        b"[" * 100_000,
        b"[1]",
        b"7",
        b"",
    ],
    ids=["no event", "no json", "no text", "deep", "list", "number", "empty"],
)
async def test_what_is_no_event_dies_the_same_way(
    stream, broker, one, service, subject, told, payload
):
    await broker.publish(Outgoing(uuid4(), subject, payload, None))
    good = await happen(broker, subject)
    await buried(told, 2)
    await none_left(stream, service)

    letters = await dead(stream)
    assert one.heard == [good]
    assert [letter.error for letter in letters] == [ValidationError.__name__] * 2
    assert {letter.payload for letter in letters} == {payload}
    assert {letter.deliveries for letter in letters} == {DELIVERIES}


async def test_while_there_is_no_place_for_dead_letters_nothing_is_lost(
    stream, broker, one, service, subject, told
):
    thing = uuid4()
    one.cursed.add(thing)
    await stream.delete_stream("DLQ")

    await announce(broker, subject, thing)
    await until(lambda: len(one.tried) > DELIVERIES)
    assert await unacknowledged(stream, service) == 1
    assert told.events("message.dead") == []
    assert told.counted("dlq.messages") == 0

    await stream.add_stream(dlq.STREAM)
    await buried(told)
    (letter,) = await dead(stream)
    assert letter.event_id == str(event_id(thing, 1))
    assert letter.deliveries > DELIVERIES


async def test_a_message_healed_while_no_letter_could_be_written_takes_effect(
    stream, broker, one, service, subject, told
):
    thing = uuid4()
    one.cursed.add(thing)
    await stream.delete_stream("DLQ")

    await announce(broker, subject, thing)
    await until(lambda: len(one.tried) > 2 * DELIVERIES + 1)
    one.cursed.clear()
    await until(lambda: one.heard)
    await none_left(stream, service)

    assert one.heard == [thing]
    await stream.add_stream(dlq.STREAM)


async def test_buried_twice_it_is_kept_once(
    stream, broker, one, service, subject, told, monkeypatch
):
    """The acknowledgement is lost after the letter was written."""
    thing = uuid4()
    one.cursed.add(thing)
    lost = _losing_the_first(monkeypatch)

    await announce(broker, subject, thing)
    await buried(told, 2)
    await none_left(stream, service)

    assert lost() == 1
    assert len(await dead(stream)) == 1


def _losing_the_first(monkeypatch) -> Callable[[], int]:
    losses = []
    real = nats.aio.msg.Msg.ack_sync

    async def ack_sync(self, timeout=1.0):  # noqa: ASYNC109
        if not losses and self.metadata.num_delivered == DELIVERIES:
            losses.append(self)
            await self.nak()
            raise nats.errors.TimeoutError
        return await real(self, timeout)

    monkeypatch.setattr(nats.aio.msg.Msg, "ack_sync", ack_sync)
    return lambda: len(losses)


async def test_a_message_that_no_process_survives_is_buried_untried(
    nats_port, stream, database, service, subject, told
):
    """It was delivered again and again, and nobody ever said a word about it."""
    one, other, thing = Hearer(), Hearer(), uuid4()
    async with hearing(nats_port, database, service, subject, one, other):
        consumer = f"{service}-hear_one"
    payload = happened(subject, thing).model_dump_json().encode()
    await stream.publish(subject, payload, headers={"Nats-Msg-Id": str(uuid4())})
    killed = await stream.pull_subscribe_bind(consumer, "PAY")
    for _ in range(2 * DELIVERIES):
        (message,) = await killed.fetch(1, timeout=5)
        await message.nak()
    await killed.unsubscribe()

    async with hearing(nats_port, database, service, subject, one, other):
        await buried(told)

    (letter,) = await dead(stream)
    assert (letter.error, one.tried) == ("NeverFinished", [])


async def test_a_replay_takes_effect_exactly_once_in_the_trace_it_died_in(
    stream, broker, one, other, subject, told
):
    thing = uuid4()
    one.cursed.add(thing)
    await announce(broker, subject, thing)
    await buried(told)
    (letter,) = await dead(stream)
    one.cursed.clear()
    told.forget()

    await dlq.replay(stream, letter)
    await until(lambda: one.heard and other.heard)
    await until(lambda: spans(told, f"process {subject}"))

    (processed,) = spans(told, f"process {subject}")
    assert f"{processed.context.trace_id:032x}" == letter.traceparent.split("-")[1]
    assert (one.heard, other.heard) == ([thing], [thing])
    assert await dead(stream) == []
    consumer = letter.consumer
    assert told.counted("dlq.replayed", messaging_consumer_group_name=consumer) == 1
    assert told.event("message.replayed")["messaging.consumer.group.name"] == consumer


async def test_a_replay_broken_off_and_repeated_takes_effect_once(
    stream, broker, one, other, subject, told
):
    thing = uuid4()
    one.cursed.add(thing)
    await announce(broker, subject, thing)
    await buried(told)
    (letter,) = await dead(stream)
    one.cursed.clear()

    for _ in range(3):
        await dlq.replay(stream, letter)
    after = await happen(broker, subject)
    await until(lambda: after in one.heard and after in other.heard)

    assert one.heard == [thing, after]
    assert other.heard == [thing, after]


async def test_replayed_too_early_it_dies_again_and_does_not_multiply(
    stream, broker, one, other, subject, told
):
    thing = uuid4()
    one.cursed.add(thing)
    other.cursed.add(thing)
    await announce(broker, subject, thing)
    await buried(told, 2)
    told.forget()

    for letter in await dead(stream):
        await dlq.replay(stream, letter)
    await buried(told, 2)

    letters = await dead(stream)
    assert len(letters) == 2
    assert len({letter.consumer for letter in letters}) == 2
    assert {letter.deliveries for letter in letters} == {DELIVERIES}


async def test_what_nobody_hears_any_more_stays(
    stream, broker, one, service, subject, told
):
    thing = uuid4()
    one.cursed.add(thing)
    await announce(broker, subject, thing)
    await buried(told)
    (letter,) = await dead(stream)
    await broker.stop()
    await stream.delete_consumer("PAY", f"{service}-hear_one")

    with pytest.raises(dlq.Unreplayable, match="Nobody hears"):
        await dlq.replay(stream, letter)

    assert await dead(stream) == [letter]


async def test_the_depth_counts_what_waits_and_heals_to_zero(
    stream, broker, one, service, subject, told
):
    consumer = {"messaging_consumer_group_name": f"{service}-hear_one"}
    one.cursed.update(things := [uuid4(), uuid4()])
    for thing in things:
        await announce(broker, subject, thing)
    await buried(told, 2)
    await until(lambda: told.measured("dlq.depth", **consumer) == 2)
    other = {"messaging_consumer_group_name": f"{service}-hear_other"}
    assert told.measured("dlq.depth", **other) == 0

    one.cursed.clear()
    for letter in await dead(stream):
        await dlq.replay(stream, letter)

    await until(lambda: told.measured("dlq.depth", **consumer) == 0)


async def test_counting_ends_though_its_cancellation_is_swallowed():
    """As nats-py does where the answer arrives at the same moment."""
    asking = asyncio.Event()

    class Swallowing:
        async def stream_info(self, _name, subjects_filter):
            asking.set()
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                raise nats.errors.TimeoutError from None

    depth = Depth("test", Swallowing)
    await depth.start()
    await asking.wait()

    async with asyncio.timeout(1):
        await depth.stop()


async def test_one_letter_is_found_by_its_id(stream, broker, one, subject, told):
    one.cursed.add(thing := uuid4())
    await announce(broker, subject, thing)
    await buried(told)
    (letter,) = await dead(stream)

    assert await dlq.letter(stream, letter.id) == letter
    assert await dlq.letter(stream, letter.id + 1) is None


async def test_dead_letters_are_kept_thirty_days(stream, broker):
    config = (await stream.stream_info("DLQ")).config

    assert config.max_age == 30 * 24 * 3600
    assert config.discard == api.DiscardPolicy.NEW
    assert config.storage == api.StorageType.FILE


def test_six_deliveries_unless_told_otherwise(monkeypatch):
    assert Hearing().delays_s == (0.5, 2, 8, 30, 60)
    monkeypatch.setenv("HEARING_DELAYS_S", "0.1,0.2")
    assert Hearing().delays_s == (0.1, 0.2)


@pytest.mark.parametrize("wrong", ["", "soon", "0.5,-1", "0"])
def test_a_wrong_patience_stops_the_start(monkeypatch, capsys, wrong):
    monkeypatch.setenv("HEARING_DELAYS_S", wrong)

    with pytest.raises(SystemExit) as stopped:
        Broker("test", "nats://127.0.0.1:1")

    assert stopped.value.code == 78
    assert "HEARING_DELAYS_S" in capsys.readouterr().err
