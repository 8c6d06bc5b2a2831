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


def event_row(recorded: Recorded) -> tuple[Any, ...]:
    name = type(recorded.event).__name__
    data = _KINDS[name].dump_json(recorded.event).decode()
    place = (recorded.payment_id, recorded.seq)
    return (*place, name, data, recorded.at, recorded.trace_id)


def recorded_of(row: asyncpg.Record) -> Recorded:
    event: Event = _KINDS[row["type"]].validate_json(row["data"])
    return Recorded(row["payment_id"], row["seq"], event, row["at"], row["trace_id"])
