"""One message to a stream: a PRODUCER span, its context in the headers, then the wait."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import nats.errors
from nats.js import JetStreamContext, api
from opentelemetry import context, propagate, trace
from opentelemetry.context import Context
from opentelemetry.trace import SpanContext, SpanKind

from apps.kit import baggage
from apps.kit.signals import Facts, failed, tell
from apps.kit.tracing import begun

TIMEOUT_S = 2.0

STATE_CHARS = 512
"""So much of it everybody has to pass on (W3C Trace Context, 3.3.1.5)."""

UNREACHABLE = (nats.errors.Error, OSError)
"""What a server that is away, or a stream that refuses, raises."""


@dataclass(frozen=True)
class Outgoing:
    """One message as it was kept, with the trace that it belongs to."""

    id: UUID | str
    subject: str
    payload: bytes
    traceparent: str | None
    headers: Mapping[str, str] = field(default_factory=dict)
    baggage: str | None = None
    """As it was kept; without, what is carried now goes along."""


async def send(stream: JetStreamContext, message: Outgoing) -> SpanContext | None:
    """Send; its span where the stream has the message for good, else nothing."""
    (sent,) = await send_all(stream, [message])
    return sent


async def send_all(
    stream: JetStreamContext, messages: Sequence[Outgoing]
) -> list[SpanContext | None]:
    """Send them in their order, then wait for all; each as `send` says."""
    under_way = [Sending(message) for message in messages]
    for each in under_way:
        await each.begin(stream)
    waited = [each.acknowledged for each in under_way if each.acknowledged]
    if waited:
        await asyncio.wait(waited, timeout=TIMEOUT_S)
    return [each.end() for each in under_way]


class Sending:
    """One message on its way: a PRODUCER span until the stream has it, or does not."""

    def __init__(self, message: Outgoing) -> None:
        self._message = message
        past = propagate.extract({"traceparent": message.traceparent or ""})
        facts: dict[str, str | int] = {
            "messaging.system": "nats",
            "messaging.operation.name": "send",
            "messaging.operation.type": "send",
            "messaging.destination.name": message.subject,
            "messaging.message.id": str(message.id),
            "messaging.message.body.size": len(message.payload),
        }
        with baggage.carried(message.baggage or baggage.kept()):
            name, kind = f"send {message.subject}", SpanKind.PRODUCER
            self._span = begun(name, kind, past, facts)
        self._context = trace.set_span_in_context(self._span, past)
        self._fault: Exception | None = None
        self.acknowledged: asyncio.Future[api.PubAck] | None = None

    async def begin(self, stream: JetStreamContext) -> None:
        message = self._message
        headers = _headers(message, self._context)
        try:
            self.acknowledged = await stream.publish_async(
                message.subject, message.payload, headers=headers
            )
        except UNREACHABLE as fault:
            self._fault = fault

    def end(self) -> SpanContext | None:
        """Its span where the stream has it; who is still silent is not waited for."""
        fault = self._fault or self._failure()
        if fault:
            self._tell(fault)
        self._span.end()
        return None if fault else self._span.get_span_context()

    def _failure(self) -> BaseException | None:
        answer = self.acknowledged
        if answer is None or not answer.done():
            if answer:
                answer.cancel()
            return nats.errors.TimeoutError()
        return answer.exception()

    def _tell(self, fault: BaseException) -> None:
        failed(self._span, fault)
        facts: Facts = {
            "error.type": type(fault).__qualname__,
            "messaging.message.id": str(self._message.id),
        }
        token = context.attach(self._context)
        tell("message.unsent", facts, level="warning")
        context.detach(token)


def traceparent() -> str | None:
    """The current span, as a message carries it."""
    return _context().get("traceparent")


def tracestate() -> str | None:
    """What others noted about the trace, unless they wrote a book."""
    state = _context().get("tracestate", "")
    return state if 0 < len(state) <= STATE_CHARS else None


def _context() -> dict[str, str]:
    carrier: dict[str, str] = {}
    propagate.inject(carrier)
    return carrier


def _headers(message: Outgoing, under: Context) -> dict[str, str]:
    headers = {
        "content-type": "application/cloudevents+json",
        **message.headers,
        api.Header.MSG_ID.value: str(message.id),
        **baggage.onward(),
    }
    if message.baggage:
        headers[baggage.HEADER] = message.baggage
    propagate.inject(headers, under)
    return headers
