"""Queues events for the relay, in the transaction that makes them true."""

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel

from apps.kit import baggage
from apps.kit.crashing import crash_point
from apps.kit.database import Connection
from apps.kit.events import CloudEvent, schema_of
from apps.kit.sending import traceparent, tracestate

INSERT = """
INSERT INTO outbox (id, subject, payload, traceparent, baggage)
SELECT id, subject, payload, traceparent, baggage FROM unnest($1::uuid[], $2::text[],
    $3::text[], $4::text[], $5::text[]) WITH ORDINALITY
    AS put (id, subject, payload, traceparent, baggage, nth)
ORDER BY nth ON CONFLICT (id) DO NOTHING
"""

Row = dict[str, str | None]


async def put(db: Connection, event: CloudEvent[Any]) -> None:
    """Queue an event in the caller's transaction; it remembers the current trace."""
    await put_many(db, [row(event)])


async def put_many(db: Connection, rows: Sequence[Row]) -> None:
    """Queue events in one statement, to leave in this order."""
    if not rows:
        return
    ids, subjects, payloads, traces, journeys = (
        [each[name] for each in rows]
        for name in ("id", "subject", "payload", "traceparent", "baggage")
    )
    await db.execute(INSERT, ids, subjects, payloads, traces, journeys)
    crash_point("outbox.after_put")


def row(event: CloudEvent[Any]) -> Row:
    """An event as it is queued, under the trace that is current now."""
    trace, shape = traceparent(), schema_of(event.type)
    set_here = {"dataschema": shape, "traceparent": trace, "tracestate": tracestate()}
    told: BaseModel = event.model_copy(update=set_here)
    return {
        "id": str(event.id),
        "subject": event.type,
        "payload": told.model_dump_json(),
        "traceparent": trace,
        "baggage": baggage.kept(),
    }
