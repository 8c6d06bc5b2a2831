"""Runs backoffice: settings → ports → faces."""

import secrets
from functools import partial

from apps.kit.broker import Broker
from apps.kit.database import Database
from apps.kit.discovery import Announcer
from apps.kit.forgetting import forgetting
from apps.kit.jobs import Every
from apps.kit.jwt import tokens_of
from apps.kit.service import Part, Service, run
from apps.kit.settings import load, made_file
from apps.kit.stream_watch import StreamWatch
from apps.kit.values import now

from .app import router
from .clients import PayStream, StreamLetters
from .domain.alerts import KEPT_FOR
from .listeners import listeners
from .ports import Ports
from .settings import Settings
from .store import SCHEMA
from .store.alerts import PURGE, PostgresAlerts
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
        PostgresAlerts(database),
        made_file(settings.alerts_key_file, new_key),
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
    purge = forgetting("alerts.purge", database, PURGE, KEPT_FOR)
    tokens = tokens_of(settings)
    nats = StreamWatch(settings.nats_monitor_url)
    parts: list[Part] = [tokens, database, broker, rebuild, watch, tidy, purge]
    parts += [nats, Announcer(NAME, settings.url, broker)]
    return Service(NAME, ports, router, parts, tokens)


def new_key() -> bytes:
    """As text, for a header and a file that another server reads."""
    return secrets.token_hex(32).encode()


if __name__ == "__main__":
    settings = load(Settings)
    run(NAME, settings, partial(build, settings))
