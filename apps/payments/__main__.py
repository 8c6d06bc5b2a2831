"""Runs payments: settings → ports → faces."""

from functools import partial

from apps.kit import http
from apps.kit.broker import Broker
from apps.kit.database import Database
from apps.kit.jobs import Every
from apps.kit.outbox import Relay
from apps.kit.service import Part, Service, run
from apps.kit.settings import load, secret_file
from apps.kit.values import Cents, now, uuid7

from .app import render, router
from .blocked import BlockedCards
from .clients import HttpBank
from .domain.rules import Limits
from .ports import Ports
from .settings import Settings
from .store import SCHEMA, PostgresStore
from .vault import Vault

NAME = "payments"
PURGE_EVERY_S = 3600.0


def build(settings: Settings) -> Service:
    """Put the service together."""
    database = Database(settings.database_url, SCHEMA)
    broker = Broker(NAME, settings.nats_url)
    bank = http.client("bank", settings.bank_url, timeout_s=settings.bank_timeout_s)
    vault = Vault(secret_file(settings.card_key_file))
    store = PostgresStore(database, vault)
    ports = Ports(
        store,
        HttpBank(bank),
        Limits(Cents(settings.floor_limit), Cents(settings.delegation_limit)),
        clock=now,
        new_id=uuid7,
        bank_deadline_ms=int(settings.bank_timeout_s * 1000),
        fingerprint=vault.fingerprint,
        render=render,
    )
    relay = Relay(database, broker)
    purge = Every(PURGE_EVERY_S, store.purge)
    parts: list[Part] = [bank, database, BlockedCards(store), broker, relay, purge]
    return Service(NAME, ports, router, parts)


if __name__ == "__main__":
    settings = load(Settings)
    run(NAME, settings, partial(build, settings))
