"""The audit trail: who did what to whom, when and where, in a chain of hashes.

`put` adds a row in the transaction that does the thing, as its last statement: from
there to the commit no other transaction adds one.
"""

import json
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path

from apps.kit.commits import on_commit
from apps.kit.database import Connection
from apps.kit.instruments import Counter, Facts, Value, plain
from apps.kit.masking import masked
from apps.kit.signals import trace_id

SCHEMA = Path(__file__).parent / "schema" / "audit"

CHECK_WITHIN_S = 60.0
"""Longest that the whole chain may take to check; 100,000 rows take about a second."""

AUDITED = Counter(
    "audit.events",
    unit="{event}",
    about="Rows added to the audit trail.",
    by=("audit.action", "audit.result"),
    most=60,
)

PUT = "SELECT * FROM audit_put($1)"
FIRST_BREAK = """
WITH chain AS (
    SELECT seq, prev_hash, hash, audit_hash(e) AS meant, lag(seq) OVER following,
        coalesce(lag(seq) OVER following, 0) AS before,
        coalesce(lag(hash) OVER following, sha256('payscope')) AS sealed
    FROM audit_event e WINDOW following AS (ORDER BY seq)
), broken AS (
    SELECT CASE WHEN before = seq - 1 OR seq < 1 THEN seq ELSE before + 1 END AS seq
    FROM chain
    WHERE hash <> meant OR before <> seq - 1 OR prev_hash <> sealed
    ORDER BY chain.seq LIMIT 1
)
SELECT coalesce(
    (SELECT seq FROM broken),
    (SELECT least(head.seq, last.seq) + (head.seq <> last.seq)::int
     FROM audit_head head,
        (SELECT coalesce(max(seq), 0) AS seq FROM audit_event) last
     WHERE head.seq <> last.seq OR head.hash <> coalesce(
        (SELECT hash FROM audit_event WHERE seq = last.seq), sha256('payscope')))
)
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """Who did what to whom, and what came of it; the kit adds when and where.

    The actor is a caller (`client:m-01`) or a job of our own (`job:expiry`). Action and
    result are of closed sets (`payment.capture`, `refused`): they are counted.
    """

    actor: str
    action: str
    subject: str
    result: str
    facts: Mapping[str, Value | None] = field(default_factory=dict)


async def put(db: Connection, entry: Entry) -> None:
    """Add to the trail in the caller's transaction; no card number gets there."""
    await db.execute(PUT, json.dumps([row(entry)], ensure_ascii=False))
    count(entry)


def row(entry: Entry) -> dict[str, object]:
    """An entry as the SQL function `audit_put` takes it, in an array; to be counted."""
    facts = {
        key: plain(value) for key, value in entry.facts.items() if value is not None
    }
    return {
        "actor": masked(entry.actor),
        "action": entry.action,
        "subject": masked(entry.subject),
        "result": entry.result,
        "instance": _instance(),
        "trace_id": trace_id(),
        "facts": facts,
    }


def count(entry: Entry) -> None:
    """It is in the trail, once the transaction that we are in is kept."""
    counted: Facts = {"audit.action": entry.action, "audit.result": entry.result}
    on_commit(partial(AUDITED.add, counted))


async def first_break(db: Connection) -> int | None:
    """The first row that was changed, taken away or slipped in, by its number."""
    found: int | None = await db.fetchval(FIRST_BREAK, timeout=CHECK_WITHIN_S)
    return found


@cache
def _instance() -> str:
    """Which replica this is, as its telemetry calls it."""
    resource = os.environ.get("OTEL_RESOURCE_ATTRIBUTES", "")
    for pair in resource.split(","):
        key, _, value = pair.partition("=")
        if key.strip() == "service.instance.id":
            return value.strip()
    return socket.gethostname()
