"""Runs backoffice: settings → ports → faces."""

from functools import partial

from apps.kit.broker import Broker
from apps.kit.database import Database
from apps.kit.discovery import Announcer
from apps.kit.jobs import Every
from apps.kit.jwt import tokens_of
from apps.kit.service import Part, Service, run
from apps.kit.settings import load
from apps.kit.values import now

from .app import router
from .clients import PayStream, StreamLetters
from .listeners import listeners
from .ports import Ports
from .settings import Settings
from .store import SCHEMA
from .store.offsets import PostgresOffsets
from .store.projections import PostgresProjections
from .store.views import PostgresViews
from .usecases import rebuilding

NAME = "backoffice"

TIDY_S = 600.0
"""A rebuild tidies up behind itself; this finds what one left that died."""


def build(settings: Settings) -> Service:
    """Put the service together."""
    database = Database(settings.database_url, SCHEMA)
    broker = Broker(NAME, settings.nats_url)
    ports = Ports(
        PostgresProjections(database),
        PostgresOffsets(database),
        PostgresViews(database),
        PayStream(broker.stream, now, settings.rebuild_batch),
        StreamLetters(broker.stream),
        clock=now,
    )
    broker.hear(listeners, ports, database)
    rebuild = Every(
        "views.rebuild",
        settings.rebuild_poll_s,
        partial(rebuilding.rebuild_asked, ports),
    )
    watch = Every(
        "views.measure",
        settings.watch_s,
        partial(rebuilding.watch, ports),
        at_once=True,
    )
    tidy = Every("views.tidy", TIDY_S, partial(rebuilding.tidy, ports), at_once=True)
    tokens = tokens_of(settings)
    parts: list[Part] = [tokens, database, broker, rebuild, watch, tidy]
    parts.append(Announcer(NAME, settings.url, broker))
    return Service(NAME, ports, router, parts, tokens)


if __name__ == "__main__":
    settings = load(Settings)
    run(NAME, settings, partial(build, settings))
