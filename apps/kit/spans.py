"""A span of our own: all that the OpenTelemetry API asks of one, at a fifth of the price.

docs/decisions/0035-telemetry-at-a-quarter-of-the-price.md says why, with figures.
"""

import time
from collections.abc import Mapping, Sequence

from opentelemetry.sdk.trace import Event, ReadableSpan, Tracer
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import (
    Link,
    Span,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
)
from opentelemetry.util.types import AnyValue, Attributes

NAME = "payscope"
"""Whose spans they are: the instrumentation scope."""

_SCOPE = InstrumentationScope(NAME)
_UNSET = Status(StatusCode.UNSET)


class Lean(Span):
    """A span that is being written: plain fields, no locks, for one loop writes it."""

    __slots__ = (
        "_attributes",
        "_begun",
        "_context",
        "_ended",
        "_events",
        "_kind",
        "_links",
        "_name",
        "_parent",
        "_status",
        "_tracer",
    )

    def __init__(
        self,
        tracer: Tracer,
        *,
        name: str,
        kind: SpanKind,
        context: SpanContext,
        parent: SpanContext | None,
        attributes: Attributes,
        links: Sequence[Link],
    ) -> None:
        self._tracer, self._name, self._kind = tracer, name, kind
        self._context, self._parent = context, parent
        self._attributes: dict[str, AnyValue] = dict(attributes) if attributes else {}
        self._links = list(links)
        self._events: list[Event] = []
        self._status = _UNSET
        self._ended = False
        self._begun = time.time_ns()

    @property
    def name(self) -> str:
        return self._name

    def get_span_context(self) -> SpanContext:
        return self._context

    def is_recording(self) -> bool:
        return not self._ended

    def set_attributes(self, attributes: Mapping[str, AnyValue]) -> None:
        if not self._ended:
            self._attributes.update(attributes)

    def set_attribute(self, key: str, value: AnyValue) -> None:
        if not self._ended:
            self._attributes[key] = value

    def add_event(
        self, name: str, attributes: Attributes = None, timestamp: int | None = None
    ) -> None:
        if not self._ended:
            self._events.append(Event(name, attributes, timestamp))

    def add_link(self, context: SpanContext, attributes: Attributes = None) -> None:
        if not self._ended and context.is_valid:
            self._links.append(Link(context, attributes))

    def update_name(self, name: str) -> None:
        if not self._ended:
            self._name = name

    def set_status(
        self, status: Status | StatusCode, description: str | None = None
    ) -> None:
        told = status if isinstance(status, Status) else Status(status, description)
        settled = self._status.status_code is StatusCode.OK or told.is_unset
        if not self._ended and not settled:
            self._status = told

    def record_exception(
        self,
        exception: BaseException,
        attributes: Attributes = None,
        timestamp: int | None = None,
        escaped: bool = False,
    ) -> None:
        """Name its kind; its text may hold what nobody is to read."""
        told = {"exception.type": type(exception).__qualname__, **(attributes or {})}
        self.add_event("exception", told, timestamp)

    def end(self, end_time: int | None = None) -> None:
        if self._ended:
            return
        self._ended = True
        self._tracer.span_processor.on_end(
            ReadableSpan(
                name=self._name,
                context=self._context,
                parent=self._parent,
                resource=self._tracer.resource,
                attributes=self._attributes,
                events=self._events,
                links=self._links,
                kind=self._kind,
                status=self._status,
                start_time=self._begun,
                end_time=end_time or time.time_ns(),
                instrumentation_scope=_SCOPE,
            )
        )
