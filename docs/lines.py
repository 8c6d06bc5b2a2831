"""What a line on a service's stdout looks like, as JSON Schema: docs/logs.schema.json."""

from typing import Any

from apps.kit import baggage
from apps.kit.endings import TOOK
from apps.kit.records import NAME
from apps.kit.signals import AUDIT, STREAM
from apps.kit.writing import FIELD_LIMIT, NUMBERS

Json = dict[str, Any]

TEXT: Json = {"type": "string", "maxLength": FIELD_LIMIT + 1}
FACT: Json = {"type": ["string", "number", "boolean"]}

HEAD: Json = {
    "timestamp": {
        "type": "string",
        "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00$",
        "description": "When it was told, in UTC.",
    },
    "level": {
        "enum": [*NUMBERS, "critical"],
        "description": "info: what happened, or how a request at the door ended. warning:"
        " we coped. error: somebody must look. debug: how each request and message inside"
        " ended, where somebody asked for it. critical: libraries alone.",
    },
    "event": {
        **TEXT,
        "description": "What happened, as thing.happened; a library's own words.",
    },
    "service.name": {"type": "string"},
    "logger": {
        "type": "string",
        "description": f"`{NAME}`: told by us. Else the library that says so.",
    },
    "trace_id": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
    "span_id": {"type": "string", "pattern": "^[0-9a-f]{16}$"},
}

KNOWN: Json = {
    "exception.type": {"type": "string"},
    "exception.message": TEXT,
    "exception.stacktrace": TEXT,
    STREAM: {
        "const": AUDIT,
        "description": "It is for auditors: a stream of its own in Loki, kept longer.",
    },
    baggage.JOURNEY: {"type": "string", "pattern": "^[a-z-]{1,32}$"},
    baggage.MERCHANT: {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,32}$"},
    TOOK: {
        "type": "number",
        "minimum": 0,
        "description": "In seconds; a line with it is the one that its request ended in.",
    },
}

REQUIRED = ["timestamp", "level", "event", "service.name", "logger"]


def schema() -> Json:
    """One line is one object, and its keys begin in this order."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A log line",
        "description": "One JSON object per line on stdout; over OTLP the same line has"
        " its event as body, its level as severity and the other keys as attributes.",
        "type": "object",
        "required": REQUIRED,
        "properties": HEAD | KNOWN,
        "patternProperties": {"^[a-z][a-z0-9_]*([.][a-z][a-z0-9_]*)+$": FACT},
        "additionalProperties": False,
        "dependentRequired": {
            "trace_id": ["span_id"],
            "span_id": ["trace_id"],
            "exception.stacktrace": ["exception.type", "exception.message"],
            TOOK: ["http.request.method", "http.response.status_code"],
        },
        "if": {"properties": {"logger": {"const": NAME}}},
        "then": {"properties": {"event": {"pattern": "^[a-z_]+([.][a-z_]+)+$"}}},
    }
