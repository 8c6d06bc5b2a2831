"""A line of our own as OTLP takes it, and the way to those who send it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from opentelemetry._logs import SeverityNumber, get_logger_provider
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext
from opentelemetry.util.types import AnyValue

NAME = "payscope"
"""Who writes the lines of our own."""

SEVERITIES = {
    "debug": ("DEBUG", SeverityNumber.DEBUG),
    "info": ("INFO", SeverityNumber.INFO),
    "warning": ("WARN", SeverityNumber.WARN),
    "error": ("ERROR", SeverityNumber.ERROR),
}
"""As OTLP has them."""


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
        level: str,
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
