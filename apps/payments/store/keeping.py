"""Keeps what happened to a payment, and all that follows from it: both or neither.

The events are the facts. The row, the money that moves, the steps that become due, what
others are told and what auditors read are derived from them here, so that nobody can
keep one and forget another.
"""

from collections.abc import Sequence
from typing import Any

import asyncpg

from apps.kit import audit, outbox
from apps.kit.crashing import crash_point
from apps.kit.database import Connection

from ..announcing import announcements
from ..auditing import entries
from ..domain.changes import PaymentAuthorised, PaymentCaptured, PaymentRefunded
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
from . import claims, ledger, sagas
from .history import event_row
from .movements import INSERT_CAPTURE, INSERT_REFUND, exposure
from .rows import COLUMNS, FIXED, row_of

INSERT_EVENT = """
INSERT INTO payment_event (payment_id, seq, type, data, at, trace_id)
VALUES ($1, $2, $3, $4, $5, $6)
"""
KEEP_PAYMENT = f"""
INSERT INTO payment AS kept ({", ".join(COLUMNS)})
VALUES ({", ".join(f"${n}" for n, _ in enumerate(COLUMNS, 1))})
ON CONFLICT (payment_id) DO UPDATE
SET {", ".join(f"{name} = EXCLUDED.{name}" for name in COLUMNS[FIXED:])}
WHERE kept.version = ${len(COLUMNS) + 1}
RETURNING version
"""  # noqa: S608  (names of ours)


async def keep(
    db: Connection,
    happened: Sequence[Happened],
    claim: Claim | None,
    answer: Answer | None,
    *,
    limits: Limits,
    pace: Pace,
) -> None:
    """Append the events, and what follows from them, in the caller's transaction.

    Raises AlreadyClaimed when the key was used before, ConcurrentChange when the
    payment is no longer as the events found it, DuplicateReference and CapsReached.
    """
    if claim and claim.fence is None and not await claims.make(db, claim, answer):
        raise AlreadyClaimed
    await _append(db, happened)
    if claim and claim.fence is not None and answer:
        await _finish(db, claim, answer)
    await _stay_within_caps(db, happened, limits)
    await _move(db, happened)
    await sagas.follow(db, happened, pace)
    for event in announcements(happened):
        await outbox.put(db, event)
    moved = [transfer for each in happened for transfer in transfers(each)]
    if moved:
        last = happened[-1].recorded
        await ledger.book(db, moved, last.at, last.trace_id)
    for entry in entries(happened):
        await audit.put(db, entry)


async def _finish(db: Connection, claim: Claim, answer: Answer) -> None:
    if not await claims.finish(db, claim, answer):
        raise ConcurrentChange("Somebody else took over.")


async def _append(db: Connection, happened: Sequence[Happened]) -> None:
    """The row first: whoever changes the same payment waits there, holding nothing."""
    before = happened[0].recorded.seq - 1
    try:
        row = (*row_of(happened[-1].payment), before)
        if await db.fetchval(KEEP_PAYMENT, *row) is None:
            raise ConcurrentChange("Read it again.")
        events = [event_row(each.recorded) for each in happened]
        await db.executemany(INSERT_EVENT, events)
    except asyncpg.UniqueViolationError as other:
        named: Any = other
        if named.constraint_name == "payment_reference":
            raise DuplicateReference from other
        raise ConcurrentChange("Read it again.") from other


async def _stay_within_caps(
    db: Connection, happened: Sequence[Happened], limits: Limits
) -> None:
    """No two at once pass the caps: the second waits, and counts the first."""
    for each in happened:
        if isinstance(each.event, PaymentAuthorised) and each.payment.standin:
            before = await exposure(db, each.payment)
            if not within_caps(each.payment.amount, before, limits):
                raise CapsReached


async def _move(db: Connection, happened: Sequence[Happened]) -> None:
    for each in happened:
        event, payment, at = each.event, each.payment, each.recorded.at
        whose = (payment.payment_id, payment.merchant_id)
        if isinstance(event, PaymentCaptured):
            moved = (event.capture_id, *whose, event.amount, event.fee, at)
            await db.execute(INSERT_CAPTURE, *moved)
            crash_point("payments.mid_capture")
        if isinstance(event, PaymentRefunded):
            await db.execute(INSERT_REFUND, event.refund_id, *whose, event.amount, at)
