"""Brings a database's schema up to date: numbered files, each applied once."""

from collections.abc import Sequence
from pathlib import Path

import asyncpg


async def migrate(
    db: asyncpg.pool.PoolConnectionProxy, folders: Sequence[Path]
) -> None:
    """Apply the numbered files that this database has not seen, each once."""
    async with db.transaction():
        await db.execute("SELECT pg_advisory_xact_lock(7243)", timeout=30)
        await db.execute(
            "CREATE TABLE IF NOT EXISTS schema_history"
            " (file text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())"
        )
        seen = {
            row["file"] for row in await db.fetch("SELECT file FROM schema_history")
        }
        for file in (
            file for folder in folders for file in sorted(folder.glob("*.sql"))
        ):
            name = f"{file.parent.name}/{file.name}"
            if name not in seen:
                await db.execute(file.read_text(), timeout=30)
                await db.execute("INSERT INTO schema_history (file) VALUES ($1)", name)
