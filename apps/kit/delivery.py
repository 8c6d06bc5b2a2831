"""One message under way: a CONSUMER span, its duration, and what came of it."""

import time
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from nats.aio.msg import Msg
from opentelemetry import context, propagate, trace
from opentelemetry.trace import Link, SpanContext, SpanKind

from apps.kit import baggage
from apps.kit.dlq import REPLAYED_FOR
from apps.kit.listeners import Delivered, Listener
from apps.kit.signals import Counter, Facts, Histogram, failed, tell
from apps.kit.tracing import begun
from apps.kit.writing import is_told

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
    most=80,
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


class Delivery:
    """One attempt at one message, in the trace that it came in."""

    def __init__(self, raw: Msg, among: int = 1) -> None:
        headers = raw.headers or {}
        seen, self.raw = raw.metadata, raw
        self.id = headers.get("Nats-Msg-Id", "")
        self.facts = {
            "messaging.system": "nats",
            "messaging.destination.name": raw.subject,
            "messaging.consumer.group.name": seen.consumer or "",
        }
        self.fault: Exception | None = None
        links = _attempts.links(self._key)
        self.failed_here = bool(links)
        self._begun = time.perf_counter()
        past = propagate.extract(headers)
        self._baggage = headers.get(baggage.HEADER)
        with baggage.carried(self._baggage):
            self.span = begun(
                f"process {raw.subject}",
                SpanKind.CONSUMER,
                past,
                self._attributes(among),
                links,
            )
        self._context = trace.set_span_in_context(self.span, past)
        if headers.get(REPLAYED_FOR) and seen.num_delivered == 1:
            with self.telling():
                told: Facts = {**self.facts, "messaging.message.id": self.id}
                tell("message.replayed", told, count=REPLAYED, audit=True)

    def read(self, listener: Listener) -> None:
        """Understand the message, or raise ValidationError."""
        seen = self.raw.metadata
        self.delivered = Delivered(
            listener.read(self.raw.data),
            seen.sequence.stream,
            seen.num_pending,
            seen.timestamp,
            self,
        )

    @contextmanager
    def telling(self) -> Iterator[None]:
        """Make this message's span the current one."""
        token = context.attach(self._context)
        try:
            with baggage.carried(self._baggage):
                yield
        finally:
            context.detach(token)

    def fail(self, fault: Exception) -> None:
        """Remember it for the next attempt, which is linked to this one."""
        failed(self.span, fault)
        self.facts["error.type"] = type(fault).__qualname__
        _attempts.remember(self._key, self.span.get_span_context())

    def end(self) -> None:
        took = time.perf_counter() - self._begun
        DURATION.record(took, self.facts, under=self.span.get_span_context())
        if is_told("debug"):
            self._tell(took)
        self.span.end()

    def _tell(self, took_s: float) -> None:
        """The line that each attempt ends in; whoever heard it told what came of it."""
        told: Facts = {
            **self.facts,
            "messaging.message.id": self.id,
            "message.duration": round(took_s, 6),
        }
        with self.telling():
            tell("message.processed", told, level="debug")

    @property
    def _key(self) -> tuple[str, str]:
        return self.facts["messaging.consumer.group.name"], self.id

    def _attributes(self, among: int) -> dict[str, str | int]:
        found: dict[str, str | int] = {
            **self.facts,
            "messaging.operation.name": "process",
            "messaging.operation.type": "process",
            "messaging.message.id": self.id,
            "messaging.message.delivery.attempt": self.raw.metadata.num_delivered or 1,
        }
        if among > 1:
            found["messaging.batch.message_count"] = among
        return found


def is_for(consumer: str, raw: Msg) -> bool:
    """A replay is one hearer's; the others let it pass."""
    return (raw.headers or {}).get(REPLAYED_FOR) in {None, consumer}


def linked(batch: Sequence[Delivery]) -> list[Link]:
    return [Link(each.span.get_span_context()) for each in batch]
