"""Runs fraud: settings → ports → faces."""

from datetime import timedelta
from functools import partial

from apps.kit.broker import Broker
from apps.kit.database import Database
from apps.kit.discovery import Announcer
from apps.kit.forgetting import forgetting
from apps.kit.jwt import tokens_of
from apps.kit.outbox import Relay
from apps.kit.service import Part, Service, run
from apps.kit.settings import load
from apps.kit.values import now

from .app import router
from .domain import Thresholds
from .listeners import listeners
from .settings import Settings
from .store import KEPT_FOR, PURGE, SCHEMA, PostgresStore
from .usecases import Ports

NAME = "fraud"


def build(settings: Settings) -> Service:
    """Put the service together."""
    database = Database(settings.database_url, SCHEMA)
    broker = Broker(NAME, settings.nats_url)
    limits = Thresholds(
        settings.orange_at, settings.red_at, timedelta(seconds=settings.window_s)
    )
    ports = Ports(PostgresStore(database), limits, clock=now)
    broker.hear(listeners, ports, database)
    tokens = tokens_of(settings)
    parts: list[Part] = [
        tokens,
        database,
        broker,
        Relay(database, broker),
        forgetting("assessments.purge", database, PURGE, KEPT_FOR),
    ]
    parts.append(Announcer(NAME, settings.url, broker))
    return Service(NAME, ports, router, parts, tokens)


if __name__ == "__main__":
    settings = load(Settings)
    run(NAME, settings, partial(build, settings))
