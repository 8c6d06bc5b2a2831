"""Tells a fact once: to the span, to one log line, and to a counter.

Business code says what happened; a service's `signals.py` declares each name here.
"""

import functools
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from typing import Any, ParamSpec, TypeVar

from opentelemetry import propagate, trace
from opentelemetry.context import Context
from opentelemetry.trace import Link, Span, SpanKind, Status, StatusCode
from opentelemetry.util.types import Attributes

from apps.kit import baggage
from apps.kit.commits import on_commit
from apps.kit.instruments import (
    SECONDS,
    Counter,
    Facts,
    Gauge,
    Histogram,
    Value,
    plain,
)
from apps.kit.tracing import Started
from apps.kit.writing import Level, write

__all__ = [
    "SECONDS",
    "Counter",
    "Facts",
    "Gauge",
    "Histogram",
    "Level",
    "Value",
    "event",
    "failed",
    "follow",
    "of_effects",
    "of_merchant",
    "span",
    "started",
    "tell",
    "trace_id",
]

ORIGIN = "payscope.origin"
"""The TraceID that a later trace is linked to: a sampler reads attributes, no links."""

STREAM, AUDIT = "payscope.stream", "audit"
"""On a line for auditors; Loki makes a label of it (loki/config.yaml)."""

P = ParamSpec("P")
R = TypeVar("R")

_of_effects: ContextVar[bool] = ContextVar("of_effects", default=False)


def tell(
    event: str,
    facts: Facts,
    *,
    count: Counter | None = None,
    level: Level = "info",
    fault: BaseException | None = None,
    audit: bool = False,
) -> None:
    """Put a fact on the current span, on one log line, and on its counter.

    A fault's stack trace goes to the log line alone, masked. What auditors ask for has a
    stream of its own, which is kept longer, and is told whatever the level.
    """
    told = {key: plain(value) for key, value in facts.items() if value is not None}
    told = {**baggage.facts(), **told}
    trace.get_current_span().set_attributes(told)

    def put() -> None:
        line = {**told, STREAM: AUDIT} if audit else told
        write(level, event, line, fault, always=audit)
        if count:
            count.add(facts)

    if fault is None and _of_effects.get():
        on_commit(put)
    else:
        put()


def of_merchant(merchant_id: str) -> None:
    """All that is told and sent from here on is about this merchant."""
    baggage.name(merchant_id)
    trace.get_current_span().set_attribute(baggage.MERCHANT, merchant_id)


def event(name: str, facts: Facts) -> None:
    """Put on the current span what a request met on its way; no line, for many do."""
    told = {key: plain(value) for key, value in facts.items() if value is not None}
    trace.get_current_span().add_event(name, told)


@contextmanager
def of_effects() -> Iterator[None]:
    """Around what is undone and done again when it fails: told only once it is kept.

    A fault is told at once, for it happened whatever becomes of the rest.
    """
    token = _of_effects.set(True)
    try:
        yield
    finally:
        _of_effects.reset(token)


def span(
    name: str,
) -> Callable[
    [Callable[P, Coroutine[Any, Any, R]]], Callable[P, Coroutine[Any, Any, R]]
]:
    """Run a use case inside a span of that name."""

    def wrap(
        use_case: Callable[P, Coroutine[Any, Any, R]],
    ) -> Callable[P, Coroutine[Any, Any, R]]:
        @functools.wraps(use_case)
        async def told(*args: P.args, **kwargs: P.kwargs) -> R:
            with started(name, SpanKind.INTERNAL) as current:
                try:
                    return await use_case(*args, **kwargs)
                except Exception as fault:
                    failed(current, fault)
                    raise

        return told

    return wrap


@contextmanager
def follow(name: str, traceparent: str | None) -> Iterator[None]:
    """Run what comes of a trace long after it: a trace of its own, linked to that one."""
    carrier = {"traceparent": traceparent or ""}
    past = trace.get_current_span(propagate.extract(carrier, Context()))
    before = past.get_span_context()
    links, facts = [], {}
    if before.is_valid:
        links = [Link(before)]
        facts = {ORIGIN: trace.format_trace_id(before.trace_id)}
    kind, alone = SpanKind.INTERNAL, Context()
    asked: dict[str, Any] = {"context": alone, "attributes": facts, "links": links}
    with baggage.carried(None), started(name, kind, **asked) as current:
        try:
            yield
        except Exception as fault:
            failed(current, fault)
            raise


def started(
    name: str,
    kind: SpanKind,
    *,
    context: Context | None = None,
    attributes: Attributes = None,
    links: Sequence[Link] = (),
) -> AbstractContextManager[Span]:
    """Start a span as the current one; its failure is told by `failed`, never here.

    The SDK would put the exception's text on the span, and texts may hold card data.
    """
    return Started(name, kind, context, attributes, links)


def failed(current: Span, fault: BaseException) -> None:
    """Mark a span as failed, naming the kind of fault and never its text.

    What the caller did wrong (a Problem below 500) is named, but is no error of ours.
    """
    current.set_attribute("error.type", type(fault).__qualname__)
    if getattr(fault, "status", 500) >= 500:
        current.set_status(Status(StatusCode.ERROR))


def trace_id() -> str:
    """The current TraceID, 32 hexadecimal digits."""
    context = trace.get_current_span().get_span_context()
    return trace.format_trace_id(context.trace_id)
