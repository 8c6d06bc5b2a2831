"""What the real stream says of its hearers, and a broker that says nothing."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import nats
import pytest
from nats.js import api

from apps.kit import dlq
from apps.kit.broker import STREAM
from apps.verify.streams import BrokerAway, connected, matches


@pytest.mark.parametrize(
    ("pattern", "subject", "fits"),
    [
        ("pay.v1.payment.>", "pay.v1.payment.captured", True),
        ("pay.v1.>", "pay.v1.payment.captured", True),
        ("pay.v1.*.captured", "pay.v1.payment.captured", True),
        ("pay.v1.payment.captured", "pay.v1.payment.captured", True),
        ("pay.v1.payment.captured", "pay.v1.payment.voided", False),
        ("pay.v1.*", "pay.v1.payment.captured", False),
        ("pay.v1.payment.>", "pay.v1.payment", False),
        ("pay.v1.payment", "pay.v1.payment.captured", False),
    ],
)
def test_subjects_fit_as_in_nats(pattern, subject, fits):
    assert matches(pattern, subject) is fits


async def test_a_broker_that_is_away_is_named():
    with pytest.raises(BrokerAway, match="the broker is away"):
        async with connected("nats://127.0.0.1:1"):
            pass


@pytest.fixture
async def stream(nats_port):
    connection = await nats.connect(f"nats://127.0.0.1:{nats_port}")
    stream = connection.jetstream()
    for config in (STREAM, dlq.STREAM):
        await stream.add_stream(config)
    yield stream
    await connection.close()


@pytest.mark.nats
async def test_a_hearer_is_known_with_what_waits_for_it(nats_port, stream):
    name, subject = f"fraud-{uuid4().hex}", f"pay.v1.test.{uuid4().hex}"
    await stream.add_consumer(
        STREAM.name,
        api.ConsumerConfig(durable_name=name, filter_subjects=[subject, "pay.v1.none"]),
    )
    for _ in range(3):
        await stream.publish(subject, b"{}")
    hearing = await stream.pull_subscribe_bind(name, STREAM.name)
    (first,) = await hearing.fetch(1)
    await first.ack_sync()

    async with connected(f"nats://127.0.0.1:{nats_port}") as streams:
        (hearer,) = [each for each in await streams.hearers() if each.name == name]

    assert hearer.service == "fraud"
    assert hearer.waiting == 2
    assert hearer.hears(subject)
    assert not hearer.hears("pay.v1.other")
    assert datetime.now(UTC) - hearer.oldest < timedelta(minutes=1)
    await stream.delete_consumer(STREAM.name, name)


@pytest.mark.nats
async def test_a_dead_letter_is_known_by_its_hearer_and_event(nats_port, stream):
    consumer, event = f"fraud-{uuid4().hex}", str(uuid4())
    await stream.publish(
        dlq.subject_of("fraud", consumer),
        b"{}",
        headers={
            "Dead-Consumer": consumer,
            "Dead-Stream": "PAY",
            "Dead-Stream-Seq": "1",
            "Dead-Subject": "pay.v1.test",
            "Dead-Event-Id": event,
            "Dead-Error-Type": "ValueError",
            "Dead-Deliveries": "6",
            "Dead-First-At": "2026-03-01T00:00:00+00:00",
        },
    )

    async with connected(f"nats://127.0.0.1:{nats_port}") as streams:
        dead = await streams.dead()

    assert (consumer, event) in dead
