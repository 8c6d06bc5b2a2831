"""Notifications' database: one row per event and endpoint, one per attempt."""

from pathlib import Path

from apps.kit import inbox, outbox

SCHEMA = (inbox.SCHEMA, outbox.SCHEMA, Path(__file__).parents[1] / "schema")
