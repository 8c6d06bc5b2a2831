"""Steps that finish payments later, as rows: kept before they are tried."""

from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta
from uuid import UUID

from apps.kit.database import Connection
from apps.kit.sending import traceparent

from ..domain.payment import Happened
from ..domain.sagas import Pace, Step, done_with, due_after
from ..ports import Attempt, Stuck
from .rows import payment_of

LEASE = timedelta(seconds=15)
"""Longer than any attempt takes; whoever has not finished by then is dead."""

KEPT_FOR = timedelta(days=7)
"""What was done, and when, may be asked for so long; events stay for ever."""

CLAIM = """
WITH ripe AS (
    SELECT payment_id, step FROM saga
    WHERE state = 'due' AND next_at <= now() AND step = ANY($3::text[])
    ORDER BY next_at LIMIT $1 FOR UPDATE SKIP LOCKED
), taken AS (
    UPDATE saga SET attempts = attempts + 1, next_at = now() + $2::interval,
        last_error = NULL
    FROM ripe WHERE saga.payment_id = ripe.payment_id AND saga.step = ripe.step
    RETURNING saga.payment_id, saga.step, saga.attempts AS attempt, saga.traceparent
)
SELECT * FROM taken JOIN payment USING (payment_id) JOIN card USING (card_token)
"""
DONE = """
WITH tried AS (
    SELECT * FROM unnest($1::uuid[], $2::text[], $3::int[], $4::text[])
        AS tried (payment_id, step, attempt, trace_id)
), done AS (
    UPDATE saga SET state = 'done', progressed_at = now(), last_error = NULL
    FROM tried WHERE saga.payment_id = tried.payment_id AND saga.step = tried.step
        AND state <> 'done'
)
INSERT INTO saga_step (payment_id, step, attempt, outcome, trace_id)
SELECT payment_id, step, attempt, 'done', trace_id FROM tried ON CONFLICT DO NOTHING
"""
NOTE = """
INSERT INTO saga_step (payment_id, step, attempt, outcome, error, trace_id)
VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING
"""
PUT_OFF = """
UPDATE saga SET next_at = now() + $3::interval, last_error = $4
WHERE payment_id = $1 AND step = $2 AND state = 'due'
"""
POSTPONE = """
UPDATE saga SET attempts = attempts - 1, next_at = now() + $3::interval, last_error = $5
WHERE payment_id = $1 AND step = $2 AND state = 'due' AND attempts = $4
"""
HASTEN = """
UPDATE saga SET next_at = now()
WHERE state = 'due' AND step = ANY($1::text[]) AND last_error IS NOT NULL
    AND next_at > now()
RETURNING payment_id
"""
STOP = """
UPDATE saga SET state = 'stuck', last_error = $3
WHERE payment_id = $1 AND step = $2 AND state = 'due'
"""
STUCK = """
SELECT payment_id, step, attempts, last_error, progressed_at FROM saga
WHERE state = 'stuck' ORDER BY progressed_at LIMIT 100
"""
RETRY = """
UPDATE saga SET state = 'due', next_at = now()
WHERE payment_id = $1 AND step = $2 AND state = 'stuck' RETURNING true
"""
PURGE = """
WITH old AS (
    SELECT payment_id, step FROM saga
    WHERE state = 'done' AND progressed_at < now() - $1::interval LIMIT $2
), noted AS (
    DELETE FROM saga_step USING old
    WHERE saga_step.payment_id = old.payment_id AND saga_step.step = old.step
)
DELETE FROM saga USING old
WHERE saga.payment_id = old.payment_id AND saga.step = old.step
"""
AGES = """
SELECT step, count(*) AS due,
    extract(epoch FROM now() - min(progressed_at))::float8 AS oldest_s
FROM saga WHERE state <> 'done' GROUP BY step
"""


def due(happened: Iterable[Happened], pace: Pace) -> list[dict[str, object]]:
    """The steps that these events make due."""
    return [
        {
            "payment_id": each.payment.payment_id,
            "step": due.step,
            "after": f"{due.after.total_seconds()} s",
            "traceparent": traceparent(),
        }
        for each in happened
        for due in due_after(each, pace)
    ]


def ended(happened: Iterable[Happened]) -> list[dict[str, object]]:
    """The steps that these events end, whether or not they are due."""
    return [
        {"payment_id": each.payment.payment_id, "steps": sorted(steps)}
        for each in happened
        if (steps := done_with(each))
    ]


async def claim(
    db: Connection, most: int, steps: Collection[Step]
) -> Sequence[Attempt]:
    """Some of the steps that are due, ours for as long as the lease."""
    rows = await db.fetch(CLAIM, most, LEASE, sorted(steps))
    return [
        Attempt(
            row["payment_id"],
            Step(row["step"]),
            row["attempt"],
            row["traceparent"],
            payment_of(row),
        )
        for row in rows
    ]


async def succeeded(db: Connection, done: Sequence[tuple[Attempt, str]]) -> None:
    """The steps are done, each in its trace, and never tried again."""
    columns = zip(
        *((each.payment_id, each.step, each.number, trace) for each, trace in done),
        strict=True,
    )
    await db.execute(DONE, *columns)


async def failed(
    db: Connection, attempt: Attempt, error: str, after: timedelta, trace_id: str
) -> None:
    """The step is tried again later."""
    await db.execute(PUT_OFF, attempt.payment_id, attempt.step, after, error)
    place = (attempt.payment_id, attempt.step, attempt.number)
    await db.execute(NOTE, *place, "failed", error, trace_id)


async def postponed(
    db: Connection, attempt: Attempt, why: str, after: timedelta
) -> None:
    """It was not tried after all: that counts as no attempt."""
    place = (attempt.payment_id, attempt.step)
    await db.execute(POSTPONE, *place, after, attempt.number, why)


async def hasten(db: Connection, steps: Collection[Step]) -> int:
    """What was put off is due at once, but for what is being tried; how many steps."""
    return len(await db.fetch(HASTEN, sorted(steps)))


async def gave_up(db: Connection, attempt: Attempt, error: str, trace_id: str) -> None:
    """The step cannot be done; it waits for somebody to look."""
    await db.execute(STOP, attempt.payment_id, attempt.step, error)
    place = (attempt.payment_id, attempt.step, attempt.number)
    await db.execute(NOTE, *place, "refused", error, trace_id)


async def stuck(db: Connection) -> Sequence[Stuck]:
    """The oldest hundred steps that wait for somebody to look."""
    rows = await db.fetch(STUCK)
    return [Stuck(row[0], Step(row[1]), row[2], row[3], row[4]) for row in rows]


async def retry(db: Connection, payment_id: UUID, step: Step) -> bool:
    """The step is due again; false if it was not stuck."""
    return bool(await db.fetchval(RETRY, payment_id, step))


async def ages(db: Connection) -> dict[Step, tuple[int, float]]:
    """How many steps of each kind are due, and since when the oldest, in seconds."""
    rows = await db.fetch(AGES)
    return {Step(row["step"]): (row["due"], row["oldest_s"]) for row in rows}
