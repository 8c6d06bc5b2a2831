"""Dead letters: events that a hearer could not take, kept until somebody replays them.

A letter is the original payload with the original headers under other names, so that
what a replay sends is what was sent before. Its id is its place in the stream.
"""

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from nats.aio.msg import Msg
from nats.js import JetStreamContext, api
from nats.js.errors import APIError, NotFoundError

from apps.kit.sending import Outgoing, send, traceparent

STREAM = api.StreamConfig(
    name="DLQ",
    subjects=["dlq.v1.>"],
    storage=api.StorageType.FILE,
    max_age=30 * 24 * 3600,
    max_bytes=1 << 28,
    discard=api.DiscardPolicy.NEW,
    duplicate_window=3600,
)
"""A full stream refuses: the original then stays where it is, and is tried again."""

REPLAYED_FOR = "Replayed-For"
"""Names the one consumer that a replayed event is for; the others let it pass."""

_KEPT = "Original-"


class Unreplayable(Exception):
    """The letter stays: nobody hears under its consumer's name, or NATS refuses."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """What is known of an event that was given up."""

    id: int
    consumer: str
    stream: str
    stream_seq: int
    subject: str
    event_id: str
    error: str
    deliveries: int
    first_at: datetime
    died_at: datetime
    traceparent: str | None
    headers: Mapping[str, str]
    payload: bytes

    @property
    def event(self) -> Mapping[str, Any]:
        """The envelope, as far as there is one."""
        return _envelope(self.payload)


def subject_of(service: str, consumer: str) -> str:
    return f"dlq.v1.{service}.{consumer}"


def written(service: str, raw: Msg, error: str) -> Outgoing:
    """The letter for a message; buried twice, the stream keeps it once."""
    seen, headers = raw.metadata, raw.headers or {}
    place = f"{seen.stream}:{seen.consumer}:{seen.sequence.stream}"
    known = str(_envelope(raw.data).get("id") or headers.get("Nats-Msg-Id", ""))
    facts = {
        "Dead-Consumer": seen.consumer,
        "Dead-Stream": seen.stream,
        "Dead-Stream-Seq": str(seen.sequence.stream),
        "Dead-Subject": raw.subject,
        "Dead-Event-Id": known if known.isascii() and known.isprintable() else "",
        "Dead-Error-Type": error,
        "Dead-Deliveries": str(seen.num_delivered),
        "Dead-First-At": seen.timestamp.isoformat(),
    }
    kept = {f"{_KEPT}{name}": value for name, value in headers.items()}
    return Outgoing(
        f"{place}:{seen.timestamp.isoformat()}",
        subject_of(service, seen.consumer),
        raw.data,
        traceparent(),
        kept | facts,
    )


async def letters(
    stream: JetStreamContext, after: int = 0
) -> AsyncIterator[DeadLetter]:
    """Every dead letter behind that id, oldest first."""
    while True:
        try:
            raw = await stream.get_msg(
                "DLQ", seq=after + 1, subject="dlq.v1.>", next=True
            )
        except NotFoundError:
            return
        after = raw.seq or after + 1
        if "Dead-Subject" in (raw.headers or {}):
            yield _read(raw)


async def letter(stream: JetStreamContext, id: int) -> DeadLetter | None:
    """One dead letter, unless it was replayed or has expired."""
    async for found in letters(stream, after=id - 1):
        return found if found.id == id else None
    return None


async def replay(stream: JetStreamContext, dead: DeadLetter) -> None:
    """Send the event to its hearer again, then forget the letter.

    Broken off and repeated it does no harm: the message has the same id again, and the
    inbox knows the event.
    """
    try:
        await stream.consumer_info(dead.stream, dead.consumer)
    except NotFoundError:
        raise Unreplayable(f"Nobody hears as {dead.consumer} any more.") from None
    if await send(stream, _again(dead)) is None:
        raise Unreplayable(f"{dead.stream} does not take {dead.subject} now.")
    await _forget(stream, dead)


def _again(dead: DeadLetter) -> Outgoing:
    """The original under a fresh id, in the trace that it died in."""
    place = f"{dead.stream}:{dead.consumer}:{dead.stream_seq}:{dead.first_at}"
    fresh = uuid5(NAMESPACE_URL, f"payscope:replay:{dead.id}:{place}")
    headers = dict(dead.headers) | {REPLAYED_FOR: dead.consumer}
    return Outgoing(fresh, dead.subject, dead.payload, dead.traceparent, headers)


async def _forget(stream: JetStreamContext, dead: DeadLetter) -> None:
    try:
        await stream.delete_msg("DLQ", dead.id)
    except APIError:
        if await letter(stream, dead.id):
            raise


def _read(raw: api.RawStreamMsg) -> DeadLetter:
    headers: dict[str, str] = raw.headers or {}
    return DeadLetter(
        id=raw.seq or 0,
        consumer=headers["Dead-Consumer"],
        stream=headers["Dead-Stream"],
        stream_seq=int(headers["Dead-Stream-Seq"]),
        subject=headers["Dead-Subject"],
        event_id=headers["Dead-Event-Id"],
        error=headers["Dead-Error-Type"],
        deliveries=int(headers["Dead-Deliveries"]),
        first_at=datetime.fromisoformat(headers["Dead-First-At"]),
        died_at=raw.time or datetime.fromisoformat(headers["Dead-First-At"]),
        traceparent=headers.get("traceparent"),
        headers=_kept(headers),
        payload=raw.data or b"",
    )


def _kept(headers: Mapping[str, str]) -> dict[str, str]:
    """The original's own headers; what its stream was told by them is over."""
    named = {
        name.removeprefix(_KEPT): value
        for name, value in headers.items()
        if name.startswith(_KEPT)
    }
    return {name: value for name, value in named.items() if name[:5].lower() != "nats-"}


def _envelope(payload: bytes) -> Mapping[str, Any]:
    """No payload is too broken to be a dead letter."""
    try:
        found = json.loads(payload)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
