"""Keeps what happened to payments, and all that follows from it: both or neither.

The events are the facts. The row, the money that moves, the steps that become due, what
others are told and what auditors read are derived from them here, so that nobody can
keep one and forget another. They go to the database as one call, `keep_payments`.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import asyncpg

from apps.kit import audit, outbox
from apps.kit.audit import Entry
from apps.kit.crashing import crash_point
from apps.kit.database import Connection

from ..announcing import announcements
from ..auditing import entries
from ..domain.changes import PaymentAuthorised
from ..domain.idempotency import Answer, Claim
from ..domain.ledger import transfers
from ..domain.orders import Limits
from ..domain.payment import (
    AlreadyClaimed,
    CapsReached,
    ConcurrentChange,
    DuplicateReference,
    Happened,
)
from ..domain.rules import within_caps
from ..domain.sagas import Pace
from . import claims, ledger, movements, sagas
from .history import event_row
from .rows import row_of

KEEP = "SELECT * FROM keep_payments($1)"

_TAKEN: Final[Mapping[str | None, type[Exception]]] = MappingProxyType(
    {
        "payment_reference": DuplicateReference,
        "payment_pkey": ConcurrentChange,
        "payment_event_pkey": ConcurrentChange,
    }
)
"""What it means that another was there first, by the constraint that says so."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What is to be kept: rows of all tables, by the names of `keep_payments`."""

    rows: Mapping[str, Any]
    entries: Sequence[Entry]


def kept(
    happened: Sequence[Happened],
    pace: Pace,
    claim: Claim | None = None,
    answer: Answer | None = None,
) -> Kept:
    """The events, and what follows from them, under the trace that is current now."""
    audited = list(entries(happened))
    rows = {**_rows(happened, pace), "entries": [audit.row(each) for each in audited]}
    found = {name: rows for name, rows in rows.items() if rows}
    return Kept({**found, **claims.rows(claim, answer)}, audited)


def merged(all_kept: Sequence[Kept]) -> Kept:
    """As one; none of them makes a claim."""
    rows: dict[str, list[Any]] = {}
    for each in all_kept:
        for name, more in each.rows.items():
            rows.setdefault(name, []).extend(more)
    return Kept(rows, [entry for each in all_kept for entry in each.entries])


async def put(db: Connection, kept: Kept) -> None:
    """Keep it in one statement.

    Raises AlreadyClaimed when the key was used before, ConcurrentChange when a payment
    is no longer as the events found it, and DuplicateReference.
    """
    try:
        is_kept = await db.fetchval(KEEP, json.dumps(kept.rows, default=str))
    except asyncpg.SerializationError as change:
        raise ConcurrentChange("Read it again.") from change
    except asyncpg.UniqueViolationError as other:
        named: Any = other
        if meant := _TAKEN.get(named.constraint_name):
            raise meant from other
        raise
    if not is_kept:
        raise AlreadyClaimed
    _pass_by(kept.rows)


def count(kept: Kept) -> None:
    """It is kept, once the transaction that we are in is."""
    for entry in kept.entries:
        audit.count(entry)


async def stay_within_caps(
    db: Connection, happened: Sequence[Happened], limits: Limits
) -> None:
    """No two at once pass the caps: the second waits for the caller's transaction."""
    for each in happened:
        before = await movements.exposure(db, each.payment)
        if not within_caps(each.payment.amount, before, limits):
            raise CapsReached


def accepted_in_stead(happened: Sequence[Happened]) -> list[Happened]:
    """What the bank has not said, and may yet refuse to pay."""
    return [
        each
        for each in happened
        if isinstance(each.event, PaymentAuthorised) and each.payment.standin
    ]


def _rows(happened: Sequence[Happened], pace: Pace) -> dict[str, list[Any]]:
    return {
        "payments": _payments(happened),
        "events": [event_row(each.recorded) for each in happened],
        "captures": movements.captures(happened),
        "refunds": movements.refunds(happened),
        "due": sagas.due(happened, pace),
        "ended": sagas.ended(happened),
        "outbox": [outbox.row(event) for event in announcements(happened)],
        "transfers": [
            ledger.row(moved, each.recorded.at, each.recorded.trace_id)
            for each in happened
            for moved in transfers(each)
        ],
    }


def _payments(happened: Sequence[Happened]) -> list[dict[str, object]]:
    """Each payment as it is in the end, and the version from which it came there."""
    before: dict[object, int] = {}
    after = {}
    for each in happened:
        payment_id = each.payment.payment_id
        before.setdefault(payment_id, each.recorded.seq - 1)
        after[payment_id] = each.payment
    return [
        {**row_of(payment), "before": before[payment_id]}
        for payment_id, payment in after.items()
    ]


def _pass_by(kept: Mapping[str, object]) -> None:
    """It is kept; where a crash is planned, its transaction is not committed yet."""
    if "captures" in kept:
        crash_point("payments.mid_capture")
    if "outbox" in kept:
        crash_point("outbox.after_put")
