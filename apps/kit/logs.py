"""The log chain: structlog builds the event, logging carries it, JSON shows it.

Every line leaves twice and alike: as JSON on stdout, and over OTLP with its trace.
Lines of libraries take the same way.
"""

import logging
import sys
from collections.abc import MutableMapping
from datetime import UTC, datetime
from typing import Any

import structlog
from opentelemetry import trace
from opentelemetry.instrumentation.logging.handler import LoggingHandler
from pythonjsonlogger.json import JsonFormatter

from apps.kit.masking import masked

FIELD_LIMIT = 8192
"""Longest text a field may hold, in characters; the rest is cut."""

QUIET = ("_granian", "granian.access", "faststream", "nats", "httpx", "aiohttp")
"""Libraries whose everyday lines say nothing that our own do not."""


def start(service: str) -> None:
    """Give the root logger its two handlers, and structlog its way to it."""
    stdout = logging.StreamHandler(sys.stdout)
    stdout.setFormatter(Line(service))
    root = logging.getLogger()
    root.handlers[:] = [stdout, LoggingHandler()]
    root.setLevel(logging.INFO)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)
    structlog.configure(
        processors=[mask, structlog.stdlib.render_to_log_kwargs],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def mask(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Mask card numbers in every text of the event, and cut what is too long."""
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = masked(value[:FIELD_LIMIT])
    return event


class Line(JsonFormatter):
    """One JSON object per line, with the service and the trace that it belongs to."""

    def __init__(self, service: str) -> None:
        super().__init__(json_ensure_ascii=False)
        self._service = service

    def add_fields(
        self,
        log_data: dict[str, Any],
        record: logging.LogRecord,
        message_dict: dict[str, Any],
    ) -> None:
        super().add_fields(log_data, record, message_dict)
        stamp = datetime.fromtimestamp(record.created, UTC)
        log_data.pop("message", None)
        head = {
            "timestamp": stamp.isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": masked(record.getMessage()),
            "service.name": self._service,
            "logger": record.name,
        }
        context = trace.get_current_span().get_span_context()
        if context.is_valid:
            head["trace_id"] = trace.format_trace_id(context.trace_id)
            head["span_id"] = trace.format_span_id(context.span_id)
        rest = dict(log_data)
        log_data.clear()
        log_data.update(head, **rest)

    def formatException(self, ei: Any) -> str:  # noqa: N802  (logging names it so)
        return masked("".join(super().formatException(ei)))
