"""Runs the bank: settings → ports → faces."""

from functools import partial

from apps.kit.database import Database
from apps.kit.service import Service, run
from apps.kit.settings import load
from apps.kit.values import Cents, uuid7

from .app import router
from .settings import Settings
from .store import SCHEMA, PostgresStore
from .usecases import Ports

NAME = "bank"


def build(settings: Settings) -> Service:
    """Put the service together."""
    database = Database(settings.database_url, SCHEMA)
    ports = Ports(PostgresStore(database), Cents(settings.limit), new_id=uuid7)
    return Service(NAME, ports, router, parts=[database])


if __name__ == "__main__":
    settings = load(Settings)
    run(NAME, settings, partial(build, settings))
