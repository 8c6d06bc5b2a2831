"""A line of our own: safe as it comes, so it takes the short way out, both ways."""

import json
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from opentelemetry import trace
from opentelemetry._logs import SeverityNumber, get_logger_provider
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext
from opentelemetry.util.types import AnyValue

from apps.kit.masking import bounded, bounded_end

Level = Literal["debug", "info", "warning", "error"]

FIELD_LIMIT = 8192
"""Longest text a field may hold, in characters; the rest is cut."""

NAME = "payscope"
"""Who writes the lines of our own."""

SEVERITIES = {
    "info": ("INFO", SeverityNumber.INFO),
    "warning": ("WARN", SeverityNumber.WARN),
    "error": ("ERROR", SeverityNumber.ERROR),
}
"""As OTLP has them. What is for debugging is not told."""

_encoded = json.JSONEncoder(ensure_ascii=False).encode


class Written:
    """A line as the SDK's processors and our encoder read one."""

    __slots__ = (
        "attributes",
        "body",
        "context",
        "event_name",
        "observed_timestamp",
        "severity_number",
        "severity_text",
        "span_id",
        "timestamp",
        "trace_flags",
        "trace_id",
    )

    def __init__(
        self,
        now: int,
        level: Level,
        event: str,
        told: Mapping[str, AnyValue],
        where: SpanContext,
    ) -> None:
        self.timestamp = self.observed_timestamp = now
        self.severity_text, self.severity_number = SEVERITIES[level]
        self.body, self.attributes, self.event_name = event, told, None
        self.trace_id, self.span_id = where.trace_id, where.span_id
        self.trace_flags, self.context = where.trace_flags, None

    def __copy__(self) -> "Written":
        """Nobody writes in it: processors need no copy of their own."""
        return self


@dataclass(slots=True)
class Signed:
    """A line and who tells it."""

    log_record: Written
    resource: Resource
    instrumentation_scope: InstrumentationScope
    limits: None = None


@dataclass
class Way:
    """Where lines of our own go."""

    service: str = ""
    out: Callable[[str], object] | None = None
    """In place of stdout, whatever that is when a line is written."""
    exported: Callable[[Written], object] | None = None


way = Way()


def exported() -> Callable[[Written], object] | None:
    """The way to the SDK's processors, past its loggers: they would clean what is clean."""
    provider = get_logger_provider()
    processor = getattr(provider, "_multi_log_record_processor", None)
    if not isinstance(provider, LoggerProvider) or processor is None:
        return None
    scope = InstrumentationScope(NAME)

    def export(told: Written) -> None:
        processor.on_emit(Signed(told, provider.resource, scope))

    return export


def write(
    level: Level,
    event: str,
    told: Mapping[str, AnyValue],
    fault: BaseException | None = None,
) -> None:
    """Write a line of our own; what is told in it is masked already."""
    if level not in SEVERITIES:
        return
    now = time.time_ns()
    if fault is not None:
        told = {**told, **shown(fault)}
    where = trace.get_current_span().get_span_context()
    begun = head(now / 1e9, level, event, where)
    begun["service.name"], begun["logger"] = way.service, NAME
    line = _encoded({**begun, **told})
    if way.out:
        way.out(line)
    else:
        _print(line)
    if way.exported:
        way.exported(Written(now, level, event, told, where))


def _print(line: str) -> None:
    """Stdout may be closed before we are; nobody's work fails for that."""
    try:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
    except (OSError, ValueError):
        return


def head(at: float, level: str, event: str, where: SpanContext) -> dict[str, Any]:
    """How each line begins; who tells it is for the caller to say."""
    stamp = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
    begun: dict[str, Any] = {"timestamp": stamp, "level": level, "event": event}
    begun["service.name"] = begun["logger"] = ""
    if where.is_valid:
        begun["trace_id"] = trace.format_trace_id(where.trace_id)
        begun["span_id"] = trace.format_span_id(where.span_id)
    return begun


def shown(fault: BaseException) -> dict[str, str]:
    """A fault as a line shows it: cut, then masked."""
    stack = "".join(traceback.format_exception(fault))
    return {
        "exception.type": type(fault).__qualname__,
        "exception.message": bounded(str(fault), FIELD_LIMIT),
        "exception.stacktrace": bounded_end(stack, FIELD_LIMIT),
    }
