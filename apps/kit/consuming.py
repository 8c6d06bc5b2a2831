"""Around each message heard: a CONSUMER span, its duration, and a second chance."""

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import nats.errors
from faststream import BaseMiddleware, StreamMessage
from nats.aio.msg import Msg
from opentelemetry import propagate, trace
from opentelemetry.trace import Link, SpanContext, SpanKind

from apps.kit.signals import Histogram, failed, started, tell

DELAYS_S = (0.5, 2.0, 8.0, 30.0, 60.0)
"""How long a message waits after each failure; the last delay goes on for ever."""

DURATION = Histogram(
    "messaging.process.duration",
    unit="s",
    about="Duration of processing a message.",
    by=(
        "messaging.system",
        "messaging.destination.name",
        "messaging.consumer.group.name",
        "error.type",
    ),
)


class Attempts:
    """The span of each message's last failed attempt in this process, bounded."""

    def __init__(self, size: int = 1000) -> None:
        self._size = size
        self._spans: OrderedDict[tuple[str, str], SpanContext] = OrderedDict()

    def remember(self, key: tuple[str, str], span: SpanContext) -> None:
        self._spans[key] = span
        if len(self._spans) > self._size:
            self._spans.popitem(last=False)

    def links(self, key: tuple[str, str]) -> list[Link]:
        """A link to the attempt before this one, where this process made it."""
        before = self._spans.pop(key, None)
        return [Link(before)] if before else []


_attempts = Attempts()


class Consuming(BaseMiddleware[Any, Msg]):
    """One delivery: span from the message's trace, then ack, or nak with a delay."""

    async def consume_scope(
        self,
        call_next: Callable[[Any], Awaitable[Any]],
        msg: StreamMessage[Any],
    ) -> Any:
        raw: Msg = msg.raw_message
        headers = dict(msg.headers)
        delivery = raw.metadata
        message_id = headers.get("Nats-Msg-Id", "")
        facts = {
            "messaging.system": "nats",
            "messaging.destination.name": raw.subject,
            "messaging.consumer.group.name": delivery.consumer or "",
        }
        key = (facts["messaging.consumer.group.name"], message_id)
        begun = time.perf_counter()
        with started(
            f"process {raw.subject}",
            SpanKind.CONSUMER,
            context=propagate.extract(headers),
            links=_attempts.links(key),
            attributes={
                **facts,
                "messaging.operation.name": "process",
                "messaging.operation.type": "process",
                "messaging.message.id": message_id,
                "messaging.message.delivery.attempt": delivery.num_delivered or 1,
            },
        ) as span:
            try:
                return await call_next(msg)
            except Exception as fault:  # noqa: BLE001  (told, and delivered again)
                failed(span, fault)
                facts["error.type"] = type(fault).__qualname__
                _attempts.remember(key, trace.get_current_span().get_span_context())
                await _again(raw, facts, message_id, fault)
            finally:
                DURATION.record(time.perf_counter() - begun, facts)


async def _again(
    raw: Msg, facts: dict[str, str], message_id: str, fault: Exception
) -> None:
    """Give the message back: later each time, and never for the last time."""
    attempt = raw.metadata.num_delivered or 1
    delay = DELAYS_S[min(attempt, len(DELAYS_S)) - 1]
    tell(
        "message.postponed",
        {
            **facts,
            "messaging.message.id": message_id,
            "messaging.message.delivery.attempt": attempt,
            "message.delay": delay,
        },
        level="warning",
        fault=fault,
    )
    with suppress(nats.errors.Error):  # unsaid, it comes back after `ack_wait`
        await raw.nak(delay=delay)
