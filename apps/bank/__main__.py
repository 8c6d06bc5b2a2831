"""Runs the bank: settings → ports → faces."""

from datetime import timedelta
from functools import partial

from apps.kit.broker import Broker
from apps.kit.database import Database
from apps.kit.discovery import Announcer
from apps.kit.jobs import Every
from apps.kit.jwt import tokens_of
from apps.kit.outbox import Relay
from apps.kit.service import Part, Service, run
from apps.kit.settings import load
from apps.kit.values import Cents, now, uuid7

from . import usecases
from .app import router
from .domain.authorisations import Terms
from .ports import Ports
from .settings import Settings
from .store import SCHEMA, PostgresStore

NAME = "bank"
TOLD_EVERY_S = 10.0
"""How fresh the figure of what is held is kept."""


def build(settings: Settings) -> Service:
    """Put the service together."""
    database = Database(settings.database_url, SCHEMA)
    broker = Broker(NAME, settings.nats_url)
    terms = Terms(
        Cents(settings.limit),
        Cents(settings.opening_balance),
        timedelta(seconds=settings.hold_s),
    )
    ports = Ports(PostgresStore(database), terms, new_id=uuid7, clock=now)
    tokens = tokens_of(settings)
    parts: list[Part] = [
        tokens,
        database,
        broker,
        Relay(database, broker),
        Every("bank.expire", settings.expiry_every_s, partial(usecases.expire, ports)),
        Every(
            "bank.measure",
            TOLD_EVERY_S,
            partial(usecases.tell_held, ports),
            at_once=True,
        ),
    ]
    parts.append(Announcer(NAME, settings.url, broker))
    return Service(NAME, ports, router, parts, tokens)


if __name__ == "__main__":
    settings = load(Settings)
    run(NAME, settings, partial(build, settings))
