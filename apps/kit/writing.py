"""Lines of our own: structlog makes each one, and it leaves twice and alike.

What is told comes masked (`signals.tell`), so the chain is short: the fault, how each
line begins, JSON. Its logger writes on stdout, and hands the same line to OTLP.
"""

import json
import logging
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, TextIO

import structlog
from opentelemetry import trace
from opentelemetry.trace import SpanContext
from opentelemetry.util.types import AnyValue
from structlog.processors import JSONRenderer
from structlog.typing import EventDict, FilteringBoundLogger

from apps.kit.masking import bounded, bounded_end
from apps.kit.records import NAME, Written

Level = Literal["debug", "info", "warning", "error"]

NUMBERS: Mapping[Level, int] = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}

FIELD_LIMIT = 8192
"""Longest text a field may hold, in characters; the rest is cut."""

RECORD = "_record"
"""Where a line keeps what OTLP takes, until it is rendered."""

_encode = json.JSONEncoder(ensure_ascii=False).encode


def _encoded(line: EventDict, **_options: Any) -> str:
    """With an encoder that is kept: `json.dumps` makes one for each line."""
    return _encode(line)


_json = JSONRenderer(serializer=_encoded)


@dataclass
class Way:
    """Where lines of our own go."""

    service: str = ""
    stdout: TextIO | None = None
    """As it was when telling began; before, it is what it is when a line is written."""
    out: Callable[[str], object] | None = None
    """In place of stdout."""
    exported: Callable[[Written], object] | None = None
    least: int = logging.INFO
    """What is below is told by nobody."""
    written: dict[str, int] = field(default_factory=lambda: dict.fromkeys(NUMBERS, 0))
    """Lines that this process wrote since it began, by level; `kit/runtime.py` tells it."""


way = Way()


class Leaving:
    """What structlog's loggers write with: both ways out."""

    def __init__(self, name: str) -> None:
        self.name = name

    def info(self, line: str, record: Written) -> None:
        if way.out:
            way.out(line)
        else:
            _print(line)
        if way.exported:
            way.exported(record)

    debug = warning = error = info


def faulted(_logger: Leaving, _level: str, told: EventDict) -> EventDict:
    """Show the fault that it is told with, if any."""
    fault = told.pop("exc_info", None)
    if fault is not None:
        told.update(shown(fault))
    return told


def headed(logger: Leaving, level: str, told: EventDict) -> EventDict:
    """Begin as each line does; what is told follows."""
    way.written[level] += 1
    now, event = time.time_ns(), told.pop("event")
    where = trace.get_current_span().get_span_context()
    line = head(now / 1e9, level, event, where)
    line["service.name"], line["logger"] = way.service, logger.name
    line.update(told)
    line[RECORD] = Written(now, level, event, told, where)
    return line


def rendered(
    logger: Leaving, level: str, line: EventDict
) -> tuple[tuple[str | bytes, Written], dict[str, Any]]:
    """As JSON, and as OTLP takes it."""
    record = line.pop(RECORD)
    return (_json(logger, level, line), record), {}


def telling(least: int = logging.INFO) -> FilteringBoundLogger:
    """A logger that tells what is not below a level, for good: its level is a class."""
    structlog.configure(
        processors=[faulted, headed, rendered],
        wrapper_class=structlog.make_filtering_bound_logger(least),
        logger_factory=Leaving,
        cache_logger_on_first_use=True,
    )
    made: FilteringBoundLogger = structlog.get_logger(NAME).bind()
    return made


_logs = {least: telling(least) for least in NUMBERS.values()}


def is_told(level: Level) -> bool:
    return NUMBERS[level] >= way.least


def write(
    level: Level,
    event: str,
    told: Mapping[str, AnyValue],
    fault: BaseException | None = None,
    *,
    always: bool = False,
) -> None:
    """Write a line of our own; what is told in it is masked already.

    What is kept for auditors is told whatever the level.
    """
    log = _logs[logging.DEBUG if always else way.least]
    getattr(log, level)(event, exc_info=fault, **told)


def _print(line: str) -> None:
    """Stdout may be closed before we are; nobody's work fails for that."""
    try:
        stdout = way.stdout or sys.stdout
        stdout.write(f"{line}\n")
        stdout.flush()
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
