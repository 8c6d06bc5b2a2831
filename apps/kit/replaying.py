"""A stream read again from its beginning, in order, beside those who hear it live."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from nats.aio.msg import Msg
from nats.js import JetStreamContext, api
from nats.js.errors import NotFoundError

IDLE_S = 0.05
"""Between two looks at a stream that has no more."""

FETCH_S = 5.0
"""Longest wait for messages that the stream says it has."""

_ORDERED = api.ConsumerConfig(
    deliver_policy=api.DeliverPolicy.ALL,
    ack_policy=api.AckPolicy.NONE,
    max_deliver=1,
    mem_storage=True,
    num_replicas=1,
    inactive_threshold=60,
)


class Interrupted(Exception):
    """A message was lost on its way: what was read so far has a gap."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A message as the stream keeps it."""

    subject: str
    payload: bytes
    stream_seq: int


@dataclass(frozen=True, slots=True)
class Batch:
    """Messages that follow one another, and how many more the stream had then."""

    messages: Sequence[Kept]
    pending: int


async def replayed(
    stream: JetStreamContext, name: str, subjects: Sequence[str], size: int
) -> AsyncGenerator[Batch, None]:
    """Read from the beginning; at the end an empty batch each moment, then what comes.

    While one batch is worked on the next is fetched.
    """
    config = replace(_ORDERED, filter_subjects=list(subjects))
    subscription = await stream.pull_subscribe("", stream=name, config=config)
    ahead: asyncio.Task[Batch] | None = None
    heard = 0
    try:
        pending = (await subscription.consumer_info()).num_pending or 0
        while True:
            batch = await (ahead or _next(subscription, pending, size, heard))
            heard += len(batch.messages)
            pending, ahead = batch.pending, None
            if pending:
                coming = _next(subscription, pending, size, heard)
                ahead = asyncio.create_task(coming)
            yield batch
            if not pending:
                pending = (await subscription.consumer_info()).num_pending or 0
                await asyncio.sleep(0 if pending else IDLE_S)
    finally:
        if ahead:
            ahead.cancel()
            await asyncio.gather(ahead, return_exceptions=True)
        await subscription.unsubscribe()


async def waiting_since(
    stream: JetStreamContext, name: str, consumer: str
) -> datetime | None:
    """When the stream took the oldest event that this hearer has yet to take."""
    seen = await stream.consumer_info(name, consumer)
    if not (seen.num_pending or seen.num_ack_pending):
        return None
    after = (seen.ack_floor.stream_seq if seen.ack_floor else 0) + 1
    taken = [
        await _taken_at(stream, name, after, subject)
        for subject in seen.config.filter_subjects
        or [seen.config.filter_subject or ">"]
    ]
    return min((at for at in taken if at), default=None)


async def _next(
    subscription: JetStreamContext.PullSubscription, pending: int, size: int, heard: int
) -> Batch:
    """Never ask for more than there is: a pull lingers until it is full."""
    if not pending:
        return Batch((), 0)
    messages = await subscription.fetch(min(size, pending), timeout=FETCH_S)
    for nth, message in enumerate(messages, start=heard + 1):
        if message.metadata.sequence.consumer != nth:
            raise Interrupted
    return Batch([_kept(each) for each in messages], messages[-1].metadata.num_pending)


def _kept(message: Msg) -> Kept:
    return Kept(message.subject, message.data, message.metadata.sequence.stream)


async def _taken_at(
    stream: JetStreamContext, name: str, after: int, subject: str
) -> datetime | None:
    try:
        found = await stream.get_msg(name, seq=after, subject=subject, next=True)
    except NotFoundError:
        return None
    return found.time
