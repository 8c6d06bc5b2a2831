"""Runs notifications: settings → ports → faces."""

from datetime import timedelta
from functools import partial
from secrets import SystemRandom

from apps.kit import http
from apps.kit.broker import Broker
from apps.kit.database import Database
from apps.kit.discovery import Announcer
from apps.kit.forgetting import forgetting
from apps.kit.jobs import Every
from apps.kit.jwt import tokens_of
from apps.kit.outbox import Relay
from apps.kit.service import Part, Service, run
from apps.kit.settings import load, secret_file
from apps.kit.values import now

from . import usecases
from .app import router
from .clients import HttpMerchants, Secrets
from .domain.notification import Schedule
from .domain.receiver import Receiver
from .listeners import listeners
from .ports import Ports
from .settings import Settings
from .store import SCHEMA
from .store.endpoints import Endpoints
from .store.notifications import PostgresStore
from .store.statements import KEPT_FOR, PURGE

NAME = "notifications"
RETRY_EVERY_S = 1.0
MEASURE_EVERY_S = 10.0


def build(settings: Settings) -> Service:
    """Put the service together."""
    database = Database(settings.database_url, SCHEMA)
    broker = Broker(NAME, settings.nats_url)
    patience = settings.webhook_timeout_s
    merchants = http.client("merchant", "", timeout_s=patience, reads=False)
    secrets = Secrets(secret_file(settings.webhook_key_file))
    store = PostgresStore(database)
    ports = Ports(
        store,
        HttpMerchants(merchants, secrets.of),
        Schedule(settings.webhook_delays_s),
        timedelta(seconds=settings.webhook_lost_after_s),
        clock=now,
        chance=SystemRandom().random,
        demo=Receiver(secrets.of),
    )
    broker.hear(listeners, ports, database)
    tokens = tokens_of(settings)
    parts: list[Part] = [
        tokens,
        merchants,
        database,
        Endpoints(store, str(settings.webhook_url)),
        broker,
        Relay(database, broker),
        forgetting("notifications.purge", database, PURGE, KEPT_FOR),
        *chores(ports),
    ]
    parts.append(Announcer(NAME, settings.url, broker))
    return Service(NAME, ports, router, parts, tokens)


def chores(ports: Ports) -> list[Part]:
    """What is done again and again."""
    return [
        Every("webhooks.retry", RETRY_EVERY_S, partial(usecases.retry, ports)),
        Every(
            "webhooks.measure",
            MEASURE_EVERY_S,
            partial(usecases.measure, ports),
            at_once=True,
        ),
    ]


if __name__ == "__main__":
    settings = load(Settings)
    run(NAME, settings, partial(build, settings))
