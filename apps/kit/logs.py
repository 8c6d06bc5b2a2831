"""The log chain: each line leaves twice and alike, as JSON on stdout and over OTLP.

Facts of our own are told with structlog (`kit/writing.py`), and are safe as they come.
Lines of libraries come by `logging`: they are masked first, and look the same.
"""

import logging
import sys
from collections.abc import Callable
from typing import Any

from opentelemetry import trace
from opentelemetry.instrumentation.logging.handler import LoggingHandler
from pythonjsonlogger.json import JsonFormatter

from apps.kit.masking import bounded
from apps.kit.records import exported
from apps.kit.writing import FIELD_LIMIT, NUMBERS, head, shown, way

QUIET = ("_granian", "granian.access", "nats", "httpx", "aiohttp")
"""Libraries whose everyday lines say nothing that our own do not."""


def start(service: str, out: Callable[[str], object] | None = None) -> None:
    """Give the root logger its two handlers, and our own lines their two ways."""
    stdout = logging.StreamHandler(sys.stdout)
    stdout.setFormatter(Line(service))
    stdout.addFilter(counted)
    root = logging.getLogger()
    root.handlers[:] = [stdout, LoggingHandler()]
    for handler in root.handlers:
        handler.addFilter(Masked())
    root.setLevel(logging.INFO)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)
    way.service, way.stdout = service, sys.stdout
    way.out, way.exported = out, exported()


def counted(record: logging.LogRecord) -> bool:
    """A library's line counts under our level that is next below its own."""
    below = [level for level, least in NUMBERS.items() if least <= record.levelno]
    way.written[below[-1] if below else "debug"] += 1
    return True


def stop() -> None:
    """From now on lines go to stdout alone: nobody is left to export them."""
    root = logging.getLogger()
    root.handlers[:] = [
        handler for handler in root.handlers if not isinstance(handler, LoggingHandler)
    ]
    way.exported = None


class Masked(logging.Filter):
    """Make a record safe before either handler sees it.

    The message and the stack trace may come from any library, with any text in them:
    they are cut first, so that no text takes long to mask.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = bounded(_said(record), FIELD_LIMIT), ()
        if record.exc_info and record.exc_info[1]:
            stack = shown(record.exc_info[1])
            vars(record).update(stack, exc_info=None, exc_text=None)
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
        log_data.pop("message", None)
        rest = dict(log_data)
        log_data.clear()
        level, event = record.levelname.lower(), record.getMessage()
        where = trace.get_current_span().get_span_context()
        begun = head(record.created, level, event, where)
        begun["service.name"], begun["logger"] = self._service, record.name
        log_data.update(begun, **rest)
