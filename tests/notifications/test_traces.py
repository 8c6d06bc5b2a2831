"""A webhook's way on real servers, as its traces show it."""

import asyncio
from uuid import uuid4

import httpx
import pytest
from opentelemetry.trace import SpanKind

from apps.kit import http
from apps.kit.broker import Broker
from apps.kit.database import Database
from apps.kit.outbox import Relay
from apps.kit.sending import Outgoing, traceparent
from apps.kit.signals import span
from apps.notifications.clients import HttpMerchants
from apps.notifications.events import AUTHORISED, WEBHOOK
from apps.notifications.listeners import listeners
from apps.notifications.store import SCHEMA
from apps.notifications.store.notifications import PostgresStore
from apps.notifications.usecases import retry
from tests.kit.test_messaging import until

from .fakes import SECRETS, URL, Clock, authorised, ports_of

pytestmark = [pytest.mark.postgres, pytest.mark.nats]


@pytest.fixture
async def running(database_url, nats_port, told):
    """Notifications in this process; its merchant answers 500 once, then 204."""
    says, clock = [500, 204], Clock()
    database = Database(database_url, SCHEMA)
    await database.start()
    client = http.ServiceClient(
        transport=http.TracedTransport(
            "merchant", httpx.MockTransport(lambda _: httpx.Response(says.pop(0))), 1.0
        )
    )
    store = PostgresStore(database)
    await store.offer("M-01", URL)
    ports = ports_of(store, HttpMerchants(client, SECRETS.of), clock)
    # Under this name the durables are the service's own: no other may share its subjects.
    broker = Broker("notifications", f"nats://127.0.0.1:{nats_port}")
    broker.hear(listeners, ports, database)
    await broker.start()
    relay = Relay(database, broker)
    await relay.start()
    yield broker, ports, clock
    await relay.stop()
    await broker.stop()
    await client.stop()
    await database.stop()


@span("test.pay")
async def pay(broker):
    event = authorised(payment=uuid4())
    body = event.model_dump_json().encode()
    await broker.publish(Outgoing(event.id, AUTHORISED, body, traceparent()))


async def test_the_first_attempt_is_in_the_payments_trace_a_retry_is_linked_to_it(
    running, told
):
    broker, ports, clock = running

    await pay(broker)
    await until(lambda: told.events("webhook.failed"))
    clock.pass_by(60)
    await retry(ports)
    await until(lambda: told.events("webhook.delivered"))
    await until(lambda: len(named(told, f"process {WEBHOOK}")) == 2)

    trace = told.span("test.pay").context.trace_id
    recorded = told.span(f"process {AUTHORISED}")
    first, second = named(told, f"send {WEBHOOK}")
    assert parent(told, first) is recorded
    assert first.context.trace_id == recorded.context.trace_id == trace
    again = told.span("notifications.retry")
    assert parent(told, second) is again
    assert again.parent is None
    assert [link.context.span_id for link in again.links] == [recorded.context.span_id]
    assert second.context.trace_id == again.context.trace_id != trace

    for sent, said in ((first, 500), (second, 204)):
        (call,) = [c for c in named(told, "POST") if same_trace(c, sent)]
        taken = parent(told, call)
        assert parent(told, taken) is sent
        assert taken.attributes["webhook.status"] == said
        assert (sent.kind, taken.kind) == (SpanKind.PRODUCER, SpanKind.CONSUMER)
        assert (call.kind, call.attributes["http.response.status_code"]) == (
            SpanKind.CLIENT,
            said,
        )


def named(told, name):
    return sorted((s for s in told.spans if s.name == name), key=lambda s: s.start_time)


def parent(told, child):
    (found,) = [s for s in told.spans if s.context.span_id == child.parent.span_id]
    return found


def same_trace(one, other):
    return one.context.trace_id == other.context.trace_id


async def test_nothing_is_left_to_do_when_it_is_over(running, told):
    broker, ports, clock = running

    await pay(broker)
    await until(lambda: told.events("webhook.failed"))
    clock.pass_by(60)
    await asyncio.gather(retry(ports), retry(ports))
    await until(lambda: told.events("webhook.delivered"))

    assert len(told.events("webhook.queued")) == 1
    assert (await ports.store.backlog()).count == 0
