"""One message to a stream: a PRODUCER span, its context in the headers, then the wait."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

import nats.errors
from nats.js import JetStreamContext, api
from opentelemetry import propagate
from opentelemetry.trace import SpanContext, SpanKind

from apps.kit.signals import failed, started, tell

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


async def send(stream: JetStreamContext, message: Outgoing) -> SpanContext | None:
    """Send; its span where the stream has the message for good, else nothing."""
    remembered = {"traceparent": message.traceparent or ""}
    with started(
        f"send {message.subject}",
        SpanKind.PRODUCER,
        context=propagate.extract(remembered),
        attributes={
            "messaging.system": "nats",
            "messaging.operation.name": "send",
            "messaging.operation.type": "send",
            "messaging.destination.name": message.subject,
            "messaging.message.id": str(message.id),
            "messaging.message.body.size": len(message.payload),
        },
    ) as span:
        try:
            await stream.publish(
                message.subject,
                message.payload,
                timeout=TIMEOUT_S,
                headers=_headers(message),
            )
        except UNREACHABLE as fault:
            failed(span, fault)
            tell(
                "message.unsent",
                {
                    "error.type": type(fault).__qualname__,
                    "messaging.message.id": str(message.id),
                },
                level="warning",
            )
            return None
        return span.get_span_context()


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


def _headers(message: Outgoing) -> dict[str, str]:
    headers = {
        "content-type": "application/cloudevents+json",
        **message.headers,
        api.Header.MSG_ID.value: str(message.id),
    }
    propagate.inject(headers)
    return headers
