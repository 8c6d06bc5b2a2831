"""What the stream knows of its hearers: who they are, what waits, what died."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import nats
from nats.errors import Error
from nats.js import JetStreamContext, api
from nats.js.errors import NotFoundError

from apps.kit import dlq
from apps.kit.broker import STREAM

CONNECT_WITHIN_S = 2
PAGE = 256


UNHEARD = (Error, TimeoutError)
"""What nats-py raises when the broker does not answer, or knows no such stream."""


class BrokerAway(Exception):
    """The broker cannot be asked."""


@dataclass(frozen=True, slots=True)
class Hearer:
    """A durable consumer of the stream of events."""

    name: str
    subjects: tuple[str, ...]
    waiting: int
    """Events that it has not acknowledged."""
    oldest: datetime | None
    """When the first of them came."""

    @property
    def service(self) -> str:
        return self.name.partition("-")[0]

    def hears(self, subject: str) -> bool:
        return any(matches(pattern, subject) for pattern in self.subjects)


class Streams(Protocol):
    async def hearers(self) -> Sequence[Hearer]: ...
    async def dead(self) -> set[tuple[str, str]]:
        """Dead letters: the consumer, and the event's id."""


def matches(pattern: str, subject: str) -> bool:
    """As NATS has it: `*` is one word, `>` at the end is all that follow."""
    wanted, given = pattern.split("."), subject.split(".")
    if wanted[-1] == ">":
        wanted = wanted[:-1]
        if len(given) <= len(wanted):
            return False
        given = given[: len(wanted)]
    return len(wanted) == len(given) and all(
        word in {"*", other} for word, other in zip(wanted, given, strict=True)
    )


class JetStreams:
    """The real streams."""

    def __init__(self, stream: JetStreamContext) -> None:
        self._stream = stream

    async def hearers(self) -> Sequence[Hearer]:
        name = str(STREAM.name)
        infos = await self._stream.consumers_info(name)
        while len(infos) % PAGE == 0 and infos:
            more = await self._stream.consumers_info(name, offset=len(infos))
            if not more:
                break
            infos += more
        return [await self._hearer(info) for info in infos if info.config.durable_name]

    async def dead(self) -> set[tuple[str, str]]:
        return {
            (letter.consumer, letter.event_id)
            async for letter in dlq.letters(self._stream)
        }

    async def _hearer(self, info: api.ConsumerInfo) -> Hearer:
        one = info.config.filter_subject
        subjects = tuple(info.config.filter_subjects or ([one] if one else [">"]))
        waiting = (info.num_pending or 0) + (info.num_ack_pending or 0)
        floor = info.ack_floor.stream_seq if info.ack_floor else 0
        oldest = await self._oldest(subjects, floor + 1) if waiting else None
        return Hearer(info.name, subjects, waiting, oldest)

    async def _oldest(self, subjects: Sequence[str], seq: int) -> datetime | None:
        """When the first message came that is not acknowledged."""
        found = []
        for subject in subjects:
            try:
                message = await self._stream.get_msg(
                    str(STREAM.name), seq=seq, subject=subject, next=True
                )
            except NotFoundError:
                continue
            if message.time:
                found.append(message.time)
        return min(found, default=None)


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[JetStreams]:
    """Raises BrokerAway where nobody answers."""
    try:
        connection = await nats.connect(
            url,
            name="verify",
            connect_timeout=CONNECT_WITHIN_S,
            allow_reconnect=False,
            max_reconnect_attempts=1,  # or the first connection is tried for minutes
            reconnect_time_wait=0,
            error_cb=_quiet,
        )
    except (OSError, *UNHEARD) as fault:
        raise BrokerAway(f"the broker is away ({type(fault).__name__})") from fault
    try:
        yield JetStreams(connection.jetstream(timeout=CONNECT_WITHIN_S))
    finally:
        await connection.close()


async def _quiet(_fault: Exception) -> None:
    """Told by what is raised."""
