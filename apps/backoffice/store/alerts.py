"""Keeps alerts. What is told again changes nothing, and is not new."""

import json
from collections.abc import Sequence

import asyncpg

from apps.kit.database import Database

from ..domain.alerts import Alert

KEEP = """
INSERT INTO alert AS kept (
    fingerprint, starts_at, ends_at, name, severity, subject, summary, description,
    runbook, labels
) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (fingerprint, starts_at) DO UPDATE SET ends_at = excluded.ends_at,
    summary = excluded.summary, description = excluded.description
WHERE (kept.ends_at IS NULL) <> (excluded.ends_at IS NULL)
RETURNING true
"""
OUTLIVED = """
UPDATE alert SET ends_at = $2 WHERE fingerprint = $1 AND starts_at < $2
    AND ends_at IS NULL
RETURNING *
"""
"""Between two messages it was over and fired anew: of the first time nobody tells more."""
LATEST = """
SELECT * FROM alert ORDER BY ends_at IS NULL DESC, starts_at DESC, fingerprint LIMIT $1
"""
PURGE = """
DELETE FROM alert WHERE (fingerprint, starts_at) IN (
    SELECT fingerprint, starts_at FROM alert
    WHERE starts_at < now() - $1::interval ORDER BY starts_at LIMIT $2
)
"""


class PostgresAlerts:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, alert: Alert) -> Sequence[Alert]:
        async with self._database.transaction() as db:
            over = await db.fetch(OUTLIVED, alert.fingerprint, alert.starts_at)
            is_news = await db.fetchval(
                KEEP,
                alert.fingerprint,
                alert.starts_at,
                alert.ends_at,
                alert.name,
                alert.severity,
                alert.subject,
                alert.summary,
                alert.description,
                alert.runbook,
                json.dumps(dict(alert.labels)),
            )
        return [*map(_alert, over), *([alert] if is_news else [])]

    async def latest(self, limit: int) -> Sequence[Alert]:
        async with self._database.connection() as db:
            return [_alert(row) for row in await db.fetch(LATEST, limit)]


def _alert(row: asyncpg.Record) -> Alert:
    return Alert(**{**row, "labels": json.loads(row["labels"])})
