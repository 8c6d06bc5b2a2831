"""The log chain: structlog builds the event, logging carries it, JSON shows it.

Every line leaves twice and alike: as JSON on stdout, and over OTLP with its trace.
Lines of libraries take the same way.
"""

import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import Any

import structlog
from opentelemetry import trace
from opentelemetry.instrumentation.logging.handler import LoggingHandler
from pythonjsonlogger.json import JsonFormatter

from apps.kit.masking import bounded, bounded_end

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
    for handler in root.handlers:
        handler.addFilter(Masked())
    root.setLevel(logging.INFO)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)
    structlog.configure(
        processors=[structlog.stdlib.render_to_log_kwargs],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def stop() -> None:
    """From now on lines go to stdout alone: nobody is left to export them."""
    root = logging.getLogger()
    root.handlers[:] = [
        handler for handler in root.handlers if not isinstance(handler, LoggingHandler)
    ]


class Masked(logging.Filter):
    """Make a record safe before either handler sees it.

    The message and the stack trace may come from any library, with any text in them:
    they are cut first, so that no text takes long to mask.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = bounded(_said(record), FIELD_LIMIT), ()
        if record.exc_info and record.exc_info[0]:
            kind, fault, _ = record.exc_info
            stack = "".join(traceback.format_exception(*record.exc_info))
            shown = {
                "exception.type": kind.__qualname__,
                "exception.message": bounded(str(fault), FIELD_LIMIT),
                "exception.stacktrace": bounded_end(stack, FIELD_LIMIT),
            }
            vars(record).update(shown, exc_info=None, exc_text=None)
        return True


def _said(record: logging.LogRecord) -> str:
    """The message, or its pattern where the arguments do not fit into it."""
    try:
        return record.getMessage()
    except (TypeError, ValueError):
        return str(record.msg)


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
            "event": record.getMessage(),
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
