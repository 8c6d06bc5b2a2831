"""Tells a fact once: to the span, to one log line, and to a counter.

Business code says what happened; a service's `signals.py` declares each name here.
"""

import functools
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal, ParamSpec, TypeVar
from uuid import UUID

import structlog
from opentelemetry import metrics, trace
from opentelemetry.trace import (
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
)
from opentelemetry.util.types import AttributeValue

from apps.kit.masking import masked

P = ParamSpec("P")
R = TypeVar("R")

Value = str | int | float | bool | UUID | StrEnum
Facts = Mapping[str, Value | None]
Level = Literal["debug", "info", "warning", "error"]

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)
"""Bucket bounds that the semantic conventions advise for durations in seconds."""

_tracer = trace.get_tracer("payscope")
_meter = metrics.get_meter("payscope")
_log = structlog.stdlib.get_logger("payscope")

_UNITS = {"s": "_seconds", "By": "_bytes", "1": "_ratio"}


@dataclass(frozen=True)
class Counter:
    """Counts facts, by the closed sets of values named in `by`."""

    name: str
    unit: str
    about: str
    by: tuple[str, ...] = ()
    _instrument: metrics.Counter = field(init=False, repr=False)

    def __post_init__(self) -> None:
        made = _meter.create_counter(self.name, unit=self.unit, description=self.about)
        object.__setattr__(self, "_instrument", made)

    @property
    def promql(self) -> str:
        """Its name as Prometheus stores it."""
        return f"{_prometheus_name(self.name, self.unit)}_total"

    def add(self, facts: Facts, amount: int = 1) -> None:
        """Count, picking its own labels from the facts."""
        self._instrument.add(amount, _labels(self.by, facts))


@dataclass(frozen=True)
class Histogram:
    """Spreads measurements over buckets, by the closed sets of values named in `by`."""

    name: str
    unit: str
    about: str
    by: tuple[str, ...] = ()
    bounds: Sequence[float] = SECONDS
    _instrument: metrics.Histogram = field(init=False, repr=False)

    def __post_init__(self) -> None:
        made = _meter.create_histogram(
            self.name,
            unit=self.unit,
            description=self.about,
            explicit_bucket_boundaries_advisory=self.bounds,
        )
        object.__setattr__(self, "_instrument", made)

    @property
    def promql(self) -> str:
        """Its name as Prometheus stores it, without `_bucket`, `_count`, `_sum`."""
        return _prometheus_name(self.name, self.unit)

    def record(
        self, value: float, facts: Facts, *, under: SpanContext | None = None
    ) -> None:
        """Keep one measurement, in this histogram's unit.

        Its exemplar leads to the current span, or to the one named by `under`.
        """
        where = under and trace.set_span_in_context(NonRecordingSpan(under))
        self._instrument.record(value, _labels(self.by, facts), where)


def tell(
    event: str,
    facts: Facts,
    *,
    count: Counter | None = None,
    level: Level = "info",
    fault: BaseException | None = None,
) -> None:
    """Put a fact on the current span, on one log line, and on its counter.

    A fault's stack trace goes to the log line alone, masked.
    """
    told = {key: _plain(value) for key, value in facts.items() if value is not None}
    trace.get_current_span().set_attributes(told)
    getattr(_log, level)(event, **told, exc_info=fault)
    if count:
        count.add(facts)


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


def started(name: str, kind: SpanKind, **options: Any) -> AbstractContextManager[Span]:
    """Start a span as the current one; its failure is told by `failed`, never here.

    The SDK would put the exception's text on the span, and texts may hold card data.
    """
    return _tracer.start_as_current_span(
        name,
        kind=kind,
        record_exception=False,
        set_status_on_exception=False,
        **options,
    )


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


def _labels(by: tuple[str, ...], facts: Facts) -> dict[str, AttributeValue]:
    return {key: _plain(value) for key in by if (value := facts.get(key)) is not None}


def _plain(value: Value) -> AttributeValue:
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, StrEnum):
        return value.value
    return masked(value) if isinstance(value, str) else value


def _prometheus_name(name: str, unit: str) -> str:
    return name.replace(".", "_") + _UNITS.get(unit, "")
