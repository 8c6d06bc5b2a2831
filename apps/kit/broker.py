"""The stream between services: NATS JetStream.

Publishing starts a PRODUCER span under the trace that the outbox remembered; hearing
starts a CONSUMER span as its direct child, so that one payment is one trace and the
service graph has its edges. Acknowledgement is ours: after the effect is kept, never
before. A failure comes back later with a growing delay, and ends as a dead letter.
"""

import asyncio
from collections.abc import Sequence
from typing import Any, cast

import nats
import nats.errors
from nats.aio.client import Client
from nats.js import JetStreamContext, api
from nats.js.errors import BadRequestError
from opentelemetry.trace import SpanContext

from apps.kit import dlq, inbox
from apps.kit.burying import Burial, Depth, Hearing
from apps.kit.consuming import ACK_WAIT_S, Consumer
from apps.kit.database import Database
from apps.kit.forgetting import forgetting
from apps.kit.handling import Effects
from apps.kit.jobs import Every
from apps.kit.listeners import Listener, Listeners
from apps.kit.sending import Outgoing, send, send_all
from apps.kit.settings import load

STREAM = api.StreamConfig(
    name="PAY",
    subjects=["pay.v1.>"],
    max_age=7 * 24 * 3600,
    max_bytes=1 << 30,
    discard=api.DiscardPolicy.NEW,
    duplicate_window=120,
)
"""A full stream refuses: the outbox keeps what it holds, and nothing old is lost."""

JOBS = api.StreamConfig(
    name="JOBS",
    subjects=["jobs.v1.>"],
    retention=api.RetentionPolicy.WORK_QUEUE,
    storage=api.StorageType.FILE,
    max_bytes=1 << 28,
    discard=api.DiscardPolicy.NEW,
    duplicate_window=120,
)
"""Each job is one worker's, and gone when it is done; none goes by growing old."""

DECLARED_EVERY_S = 10.0
"""How long a service stays deaf whose stream or consumer was lost."""


class Broker:
    """One connection of one service; it waits for the server and outlives its falls."""

    def __init__(self, service: str, url: str, hearing: Hearing | None = None) -> None:
        self._service = service
        self._url = url
        self._client: Client | None = None
        self._stream: JetStreamContext | None = None
        self._burial = Burial(service, hearing or load(Hearing), self.stream)
        self._depth = Depth(service, self.stream)
        self._durables: list[tuple[str, api.ConsumerConfig]] = []
        self._consumers: list[Consumer] = []
        again = Every("streams.declare", DECLARED_EVERY_S, self._declared_again)
        self._beside: list[Every] = [self._depth, again]

    def hear(self, listeners: Listeners, ports: Any, database: Database) -> None:
        """Give each listener its durable consumer. Call before `start`."""
        purge = forgetting("inbox.purge", database, inbox.PURGE, inbox.KEPT_FOR)
        self._beside.append(purge)
        for listener in listeners:
            effects = Effects(self._service, listener, ports, database)
            self._depth.watch(effects.name)
            stream = cast("str", (JOBS if listener.workers else STREAM).name)
            self._durables.append((stream, _durable(effects.name, listener)))
            self._consumers.append(Consumer(effects, stream, self._burial))

    async def start(self) -> None:
        self._client = await self._connect()
        self._stream = self._client.jetstream()
        await self._declare(self._stream)
        for consumer in self._consumers:
            await consumer.start(self._client)
        for job in self._beside:
            await job.start()

    async def stop(self) -> None:
        for job in self._beside:
            await job.stop()
        await asyncio.gather(*(consumer.stop() for consumer in self._consumers))
        if self._client:
            await self._client.close()

    async def is_ready(self) -> bool:
        """A server that is away is waited for; requests are answered without it."""
        return True

    @property
    def connection(self) -> Client | None:
        """Its line to the server, while it stands; discovery announces itself there."""
        client = self._client
        return client if client is not None and client.is_connected else None

    @property
    def is_connected(self) -> bool:
        return self.connection is not None

    async def publish(self, message: Outgoing) -> SpanContext | None:
        """Send; its span where the stream has the message for good, else nothing."""
        return await send(self.stream(), message)

    async def publish_all(
        self, messages: Sequence[Outgoing]
    ) -> Sequence[SpanContext | None]:
        """Send them in their order and then wait; which of them the stream has."""
        return await send_all(self.stream(), messages)

    async def _declare(self, stream: JetStreamContext) -> None:
        """Streams and durables are as they are meant to be, and made where lost."""
        for config in (STREAM, JOBS, dlq.STREAM):
            try:
                await stream.add_stream(config)
            except BadRequestError:
                await stream.update_stream(config)
        for name, durable in self._durables:
            await stream.add_consumer(name, durable)

    async def _declared_again(self) -> None:
        if self.is_connected:
            await self._declare(self.stream())

    def stream(self) -> JetStreamContext:
        """The way to streams and consumers themselves, once it has started."""
        if self._stream is None:
            raise nats.errors.ConnectionClosedError
        return self._stream

    async def _connect(self) -> Client:
        return await nats.connect(
            self._url,
            name=self._service,
            max_reconnect_attempts=-1,
            reconnect_time_wait=cast("int", 0.5),
            connect_timeout=2,
            ping_interval=5,
            pending_size=0,  # publish fails at once while the server is away
            error_cb=_quiet,
            reconnected_cb=self._renew,
        )

    async def _renew(self) -> None:
        for consumer in self._consumers:
            consumer.renew()


def _durable(name: str, listener: Listener) -> api.ConsumerConfig:
    return api.ConsumerConfig(
        durable_name=name,
        filter_subjects=list(listener.subjects),
        ack_wait=ACK_WAIT_S,
        max_ack_pending=256,
    )


async def _quiet(_fault: Exception) -> None:
    """Reconnecting is the client's everyday work; readiness tells of it."""
