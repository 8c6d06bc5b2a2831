"""Runs backoffice: settings → ports → faces."""

from functools import partial

from apps.kit.broker import Broker
from apps.kit.database import Database
from apps.kit.service import Service, run
from apps.kit.settings import load

from .app import router
from .listeners import listeners
from .settings import Settings
from .store import SCHEMA, PostgresStore
from .usecases import Ports

NAME = "backoffice"


def build(settings: Settings) -> Service:
    """Put the service together."""
    database = Database(settings.database_url, SCHEMA)
    broker = Broker(NAME, settings.nats_url)
    ports = Ports(PostgresStore(database))
    broker.hear(listeners, ports, database)
    return Service(NAME, ports, router, parts=[database, broker])


if __name__ == "__main__":
    settings = load(Settings)
    run(NAME, settings, partial(build, settings))
