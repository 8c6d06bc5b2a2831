"""Around each message heard: a CONSUMER span, its duration, and what follows a failure."""

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from faststream import BaseMiddleware, ContextRepo, StreamMessage
from nats.aio.msg import Msg
from opentelemetry import propagate, trace
from opentelemetry.trace import Link, SpanContext, SpanKind

from apps.kit.burying import Burial
from apps.kit.dlq import REPLAYED_FOR
from apps.kit.sending import UNREACHABLE
from apps.kit.signals import Counter, Histogram, failed, started, tell

REPLAYED = Counter(
    "dlq.replayed",
    unit="{message}",
    about="Dead letters that came back to their hearer.",
    by=("messaging.consumer.group.name",),
)

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
    """One delivery: span from the message's trace, then ack, or what burial decides."""

    def __init__(self, msg: Msg, /, *, context: ContextRepo, burial: Burial) -> None:
        super().__init__(msg, context=context)
        self._burial = burial

    async def consume_scope(
        self,
        call_next: Callable[[Any], Awaitable[Any]],
        msg: StreamMessage[Any],
    ) -> Any:
        raw: Msg = msg.raw_message
        headers = dict(msg.headers)
        delivery = raw.metadata
        meant = headers.get(REPLAYED_FOR)
        if meant not in {None, delivery.consumer}:
            return await _pass(raw)
        message_id = headers.get("Nats-Msg-Id", "")
        facts = {
            "messaging.system": "nats",
            "messaging.destination.name": raw.subject,
            "messaging.consumer.group.name": delivery.consumer or "",
        }
        key = (facts["messaging.consumer.group.name"], message_id)
        links = _attempts.links(key)
        begun = time.perf_counter()
        with started(
            f"process {raw.subject}",
            SpanKind.CONSUMER,
            context=propagate.extract(headers),
            links=links,
            attributes={
                **facts,
                "messaging.operation.name": "process",
                "messaging.operation.type": "process",
                "messaging.message.id": message_id,
                "messaging.message.delivery.attempt": delivery.num_delivered or 1,
            },
        ) as span:
            if meant and delivery.num_delivered == 1:
                replayed = {**facts, "messaging.message.id": message_id}
                tell("message.replayed", replayed, count=REPLAYED)
            try:
                self._burial.forbid_killer(raw, failed_here=bool(links))
                return await call_next(msg)
            except Exception as fault:  # noqa: BLE001  (told, and delivered again)
                failed(span, fault)
                facts["error.type"] = type(fault).__qualname__
                _attempts.remember(key, trace.get_current_span().get_span_context())
                await self._burial.after(raw, facts, fault)
            finally:
                DURATION.record(time.perf_counter() - begun, facts)


async def _pass(raw: Msg) -> None:
    """A replay that is another hearer's."""
    with suppress(*UNREACHABLE):  # unsaid, it comes and passes again
        await raw.ack_sync()
