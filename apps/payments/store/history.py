"""Events of a payment as rows: type by name, data as JSON."""

from typing import Any

import asyncpg
from pydantic import TypeAdapter

from ..domain.changes import (
    AuthorisationRequested,
    AuthorisationUnknown,
    Event,
    PaymentAuthorised,
    PaymentCaptured,
    PaymentDeclined,
    PaymentFlagged,
    PaymentReceived,
    PaymentRefunded,
    PaymentSettled,
    PaymentVoided,
    ReversalConfirmed,
    ReversalRequested,
    StandInReconciled,
)
from ..domain.payment import Recorded

_KINDS: dict[str, TypeAdapter[Any]] = {
    kind.__name__: TypeAdapter(kind)
    for kind in (
        PaymentReceived,
        AuthorisationRequested,
        AuthorisationUnknown,
        PaymentAuthorised,
        PaymentDeclined,
        ReversalRequested,
        ReversalConfirmed,
        StandInReconciled,
        PaymentCaptured,
        PaymentVoided,
        PaymentRefunded,
        PaymentSettled,
        PaymentFlagged,
    )
}


def event_row(recorded: Recorded) -> dict[str, object]:
    name = type(recorded.event).__name__
    return {
        "payment_id": recorded.payment_id,
        "seq": recorded.seq,
        "type": name,
        "data": _KINDS[name].dump_python(recorded.event, mode="json"),
        "at": recorded.at,
        "trace_id": recorded.trace_id,
    }


def recorded_of(row: asyncpg.Record) -> Recorded:
    event: Event = _KINDS[row["type"]].validate_json(row["data"])
    return Recorded(row["payment_id"], row["seq"], event, row["at"], row["trace_id"])
