"""What NATS says of itself, asked at its monitoring port and told as metrics of ours.

Of consumers only the durable ones count: the names of the others are drawn by lot.
"""

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx
from pydantic import BaseModel, Field, ValidationError

from apps.kit.jobs import Every
from apps.kit.signals import Counter, Facts, Gauge, tell
from apps.kit.sockets import Sockets

EVERY_S = 10.0
WITHIN_S = 2.0
"""Longest wait for both answers, in seconds."""

JSZ = "/jsz?streams=true&consumers=true&config=true"

STREAM = "nats.stream"
CONSUMER = "messaging.consumer.group.name"
OF_CONSUMER = (STREAM, CONSUMER)

UP = Gauge(
    "nats.up", unit="{server}", about="Whether NATS answered when it was last asked."
)
CONNECTIONS = Gauge(
    "nats.connections", unit="{connection}", about="Clients that NATS has."
)
MEMORY = Gauge("nats.memory", unit="By", about="Memory that NATS has.")
SLOW = Gauge(
    "nats.slow_consumers",
    unit="{client}",
    about="Clients cut off since NATS began, for they read too slowly.",
)
MESSAGES = Counter(
    "nats.messages",
    unit="{message}",
    about="Messages that NATS got from clients (in) and gave to them (out).",
    by=("nats.direction",),
)
KEPT = Gauge(
    "nats.stream.messages",
    unit="{message}",
    about="Messages that a stream holds.",
    by=(STREAM,),
)
SIZE = Gauge(
    "nats.stream.size", unit="By", about="Bytes that a stream holds.", by=(STREAM,)
)
PENDING = Gauge(
    "nats.consumer.pending",
    unit="{message}",
    about="Messages that a consumer was not given yet: its lag.",
    by=OF_CONSUMER,
    most=20,
)
UNACKNOWLEDGED = Gauge(
    "nats.consumer.unacknowledged",
    unit="{message}",
    about="Messages that a consumer was given and has not acknowledged yet.",
    by=OF_CONSUMER,
    most=20,
)
REDELIVERED = Gauge(
    "nats.consumer.redelivered",
    unit="{message}",
    about="Messages not acknowledged yet that a consumer was given more than once.",
    by=OF_CONSUMER,
    most=20,
)


class Server(BaseModel):
    """What is read of /varz."""

    connections: int
    mem: int
    slow_consumers: int
    in_msgs: int
    out_msgs: int


class Config(BaseModel):
    durable_name: str | None = None


class Consumer(BaseModel):
    name: str
    num_pending: int
    num_ack_pending: int
    num_redelivered: int
    config: Config


class Held(BaseModel):
    messages: int
    size: int = Field(alias="bytes")


class Stream(BaseModel):
    name: str
    state: Held
    consumer_detail: list[Consumer] = []


class Account(BaseModel):
    stream_detail: list[Stream] = []


class JetStream(BaseModel):
    """What is read of /jsz."""

    account_details: list[Account] = []

    def streams(self) -> Iterator[Stream]:
        for account in self.account_details:
            yield from account.stream_detail


class StreamWatch:
    """A part that asks NATS how it is; its silence is no fault of the service's."""

    def __init__(self, monitor_url: str) -> None:
        sockets = Sockets(httpx.Limits(max_connections=2), are_ours=True)
        self._http = httpx.AsyncClient(base_url=monitor_url, transport=sockets)
        self._seen: dict[str, int] = {}
        self._was_up = True
        self._asking = Every("nats.measure", EVERY_S, self.measure, at_once=True)

    async def start(self) -> None:
        await self._asking.start()

    async def stop(self) -> None:
        await self._asking.stop()
        await self._http.aclose()

    async def is_ready(self) -> bool:
        return True

    async def measure(self) -> None:
        """Ask once; an answer or none is told on `nats.up`, a change on a line."""
        try:
            async with asyncio.timeout(WITHIN_S):
                server = Server.model_validate(await self._asked("/varz"))
                jets = JetStream.model_validate(await self._asked(JSZ))
        except (httpx.HTTPError, TimeoutError, ValidationError) as fault:
            self._is(up=False, why={"error.type": type(fault).__qualname__})
            return
        self._is(up=True, why={})
        self._told(server)
        for stream in jets.streams():
            _tell(stream)

    async def _asked(self, path: str) -> Any:
        answer = await self._http.get(path)
        return answer.raise_for_status().json()

    def _is(self, *, up: bool, why: Facts) -> None:
        UP.set(int(up), {})
        if up and not self._was_up:
            tell("nats.back", why)
        elif self._was_up and not up:
            tell("nats.away", why, level="warning")
        self._was_up = up

    def _told(self, server: Server) -> None:
        CONNECTIONS.set(server.connections, {})
        MEMORY.set(server.mem, {})
        SLOW.set(server.slow_consumers, {})
        for way, count in (("in", server.in_msgs), ("out", server.out_msgs)):
            before = self._seen.get(way, count)
            self._seen[way] = count
            grown = count - before if count >= before else count
            MESSAGES.add({"nats.direction": way}, grown)


def _tell(stream: Stream) -> None:
    facts = {STREAM: stream.name}
    KEPT.set(stream.state.messages, facts)
    SIZE.set(stream.state.size, facts)
    for consumer in stream.consumer_detail:
        if consumer.config.durable_name:
            whose = {**facts, CONSUMER: consumer.name}
            PENDING.set(consumer.num_pending, whose)
            UNACKNOWLEDGED.set(consumer.num_ack_pending, whose)
            REDELIVERED.set(consumer.num_redelivered, whose)
