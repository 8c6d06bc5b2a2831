"""The stream between services: NATS JetStream through FastStream.

Publishing starts a PRODUCER span under the trace that the outbox remembered; hearing
starts a CONSUMER span as its direct child, so that one payment is one trace and the
service graph has its edges. Acknowledgement is ours: after the effect is kept, never
before. A failure comes back later with a growing delay, and ends as a dead letter.
"""

from dataclasses import replace
from functools import partial
from typing import Any, cast

from faststream import AckPolicy
from faststream.nats import JStream, NatsBroker, PullSub
from nats.aio.client import Client
from nats.js import JetStreamContext, api
from nats.js.errors import BadRequestError
from opentelemetry.trace import SpanContext

from apps.kit import dlq, inbox
from apps.kit.burying import Burial, Depth, Hearing
from apps.kit.consuming import Consuming
from apps.kit.database import Database
from apps.kit.forgetting import forgetting
from apps.kit.handling import decoded, handler
from apps.kit.jobs import Every
from apps.kit.listeners import Listener, Listeners
from apps.kit.sending import Outgoing, send
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

ACK_WAIT_S = 10

DECLARED_EVERY_S = 10.0
"""How long a service stays deaf whose stream or consumer was lost."""


class Broker:
    """One connection of one service; it waits for the server and outlives its falls."""

    def __init__(self, service: str, url: str, hearing: Hearing | None = None) -> None:
        self._service = service
        burial = Burial(service, hearing or load(Hearing), self.stream)
        self._depth = Depth(service, self.stream)
        self._beside: list[Every] = [self._depth]
        self._durables: list[tuple[str, api.ConsumerConfig]] = []
        self._beside.append(
            Every("streams.declare", DECLARED_EVERY_S, self._declared_again)
        )
        self._broker = NatsBroker(
            url,
            name=service,
            max_reconnect_attempts=-1,
            reconnect_time_wait=cast("int", 0.5),
            connect_timeout=2,
            ping_interval=5,
            pending_size=0,  # publish fails at once while the server is away
            error_cb=_quiet,
            ack_policy=AckPolicy.MANUAL,
            decoder=decoded,
            middlewares=[cast("Any", partial(Consuming, burial=burial))],
            logger=None,
        )

    def hear(self, listeners: Listeners, ports: Any, database: Database) -> None:
        """Give each listener its durable consumer. Call before `start`."""
        purge = forgetting("inbox.purge", database, inbox.PURGE, inbox.KEPT_FOR)
        self._beside.append(purge)
        for listener in listeners:
            name = f"{self._service}-{listener.handler.__name__}"
            self._depth.watch(name)
            durable = _durable(name, listener)
            stream = cast("str", (JOBS if listener.workers else STREAM).name)
            self._durables.append((stream, durable))
            for _ in range(listener.workers or 1):
                subscriber = self._broker.subscriber(
                    stream=JStream(stream, declare=False),
                    durable=name,
                    # One at a time: larger pulls linger until they are full.
                    pull_sub=PullSub(batch_size=1, timeout=5.0),
                    config=replace(durable),
                    title=name,
                    description=listener.handler.__doc__,
                )
                subscriber(
                    handler(name, listener, ports, database, self._broker.context)
                )

    async def start(self) -> None:
        connection = await self._broker.connect()
        await self._declare(connection.jetstream())
        await self._broker.start()
        for job in self._beside:
            await job.start()

    async def stop(self) -> None:
        for job in self._beside:
            await job.stop()
        await self._broker.stop()

    async def is_ready(self) -> bool:
        """A server that is away is waited for; requests are answered without it."""
        return True

    @property
    def connection(self) -> Client | None:
        """Its line to the server, while it stands; discovery announces itself there."""
        client = self._broker._connection
        return client if client is not None and client.is_connected else None

    @property
    def is_connected(self) -> bool:
        return self.connection is not None

    async def publish(self, message: Outgoing) -> SpanContext | None:
        """Send; its span where the stream has the message for good, else nothing."""
        return await send(self.stream(), message)

    async def _declare(self, stream: JetStreamContext) -> None:
        """Streams and durables are as they are meant to be, and made where lost.

        FastStream makes a durable only where there is none, and changes none.
        """
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
        return cast("JetStreamContext", self._broker.config.connection_state.stream)


def _durable(name: str, listener: Listener) -> api.ConsumerConfig:
    return api.ConsumerConfig(
        durable_name=name,
        filter_subjects=list(listener.subjects),
        ack_wait=ACK_WAIT_S,
        max_ack_pending=256,
    )


async def _quiet(_fault: Exception) -> None:
    """Reconnecting is the client's everyday work; readiness tells of it."""
