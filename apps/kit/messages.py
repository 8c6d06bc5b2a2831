"""How messages look from outside: their headers, and those of a dead letter."""

from typing import Any

Json = dict[str, Any]

TRACEPARENT = {
    "type": "string",
    "pattern": "^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$",
}
HEADERS: Json = {
    "type": "object",
    "required": ["Nats-Msg-Id"],
    "properties": {
        "Nats-Msg-Id": {
            "type": "string",
            "description": "The event's id: sent again, the stream keeps it once.",
        },
        "traceparent": TRACEPARENT,
        "tracestate": {"type": "string"},
        "baggage": {
            "type": "string",
            "pattern": "^journey=[a-z-]{1,32}$",
            "description": "Whose journey it comes of: W3C Baggage, one key of it.",
        },
    },
}
DEAD = "DeadLetter"
DEAD_LETTER: Json = {
    "name": DEAD,
    "title": "What a hearer could not take",
    "summary": "The original payload, with the original headers under Original-….",
    "headers": {
        "type": "object",
        "properties": {
            name: {"type": "string"}
            for name in (
                "Dead-Consumer",
                "Dead-Stream",
                "Dead-Stream-Seq",
                "Dead-Subject",
                "Dead-Event-Id",
                "Dead-Error-Type",
                "Dead-Deliveries",
                "Dead-First-At",
            )
        },
    },
    "payload": {},
}
