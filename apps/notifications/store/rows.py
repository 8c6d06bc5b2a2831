"""Rows of notifications' database as values."""

from dataclasses import fields

import asyncpg

from ..domain.notification import Attempt, Notification, State


def notification_of(row: asyncpg.Record) -> Notification:
    known = {field.name: row[field.name] for field in fields(Notification)}
    return Notification(**known | {"state": State(row["state"])})


def attempt_of(row: asyncpg.Record) -> Attempt:
    return Attempt(**dict(list(row.items())[1:]))
