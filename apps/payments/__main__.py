"""Runs payments: settings → ports → faces."""

from datetime import timedelta
from functools import partial

from apps.kit import errors, http
from apps.kit.broker import Broker
from apps.kit.circuit import Policy
from apps.kit.credentials import credentials
from apps.kit.database import Database
from apps.kit.discovery import Announcer, Directory
from apps.kit.forgetting import forgetting
from apps.kit.jobs import Every
from apps.kit.jwt import tokens_of
from apps.kit.ops import Breakers
from apps.kit.outbox import Relay
from apps.kit.retries import Patience
from apps.kit.service import Part, Service, run
from apps.kit.settings import load, secret_file
from apps.kit.shedding import Bounds, Shedder, Shedding
from apps.kit.values import Cents, now, uuid7

from .app import router
from .app.movements import render_movement
from .app.orders import render
from .clients import Guard, HttpBank, HttpFraud, bank_guard, fraud_guard
from .clients import watch as watch_guards
from .domain.orders import Limits
from .domain.sagas import Pace
from .listeners import listeners
from .ports import Ports, Waits
from .settings import Settings
from .store import claims, sagas
from .store.blocked import BlockedCards
from .store.payments import SCHEMA, PostgresStore
from .store.steps import PostgresSteps
from .store.vault import Vault
from .usecases.finish import HERE, finish, finish_at_bank
from .usecases.recover import expire, inquire, recover
from .usecases.settle import settle
from .usecases.watch import balance, watch

NAME = "payments"
FINISH_EVERY_S = 0.5
RECOVER_EVERY_S = 2.0
EXPIRE_EVERY_S = 60.0
WATCH_EVERY_S = 5.0
BALANCE_EVERY_S = 60.0


def build(settings: Settings) -> Service:
    """Put the service together."""
    database = Database(
        settings.database_url, SCHEMA, size=settings.database_connections
    )
    broker = Broker(NAME, settings.nats_url)
    bank = http.client("bank", settings.bank_url, timeout_s=settings.bank_attempt_s)
    fraud = http.client("fraud", settings.fraud_url, timeout_s=settings.fraud_timeout_s)
    bank.auth = fraud.auth = own = credentials(
        settings.token_url, settings.client_id, settings.client_secret
    )
    tokens = tokens_of(settings)
    vault = Vault(secret_file(settings.card_key_file))
    store = PostgresStore(database, vault, _limits(settings), _pace(settings))
    steps = PostgresSteps(database, store)
    guards = _bank_guard(settings), _fraud_guard(settings)
    breakers = Breakers(*(each.breaker for each in guards), audit=steps.note)
    ports = Ports(
        store,
        steps,
        HttpBank(bank, guards[0]),
        HttpFraud(fraud, guards[1]),
        store.limits,
        _waits(settings),
        clock=now,
        new_id=uuid7,
        fingerprint=vault.fingerprint,
        render=render,
        render_movement=render_movement,
        render_problem=errors.body_of,
        breakers=breakers,
    )
    broker.hear(listeners, ports, database)
    parts: list[Part] = [tokens, own, bank, fraud, database, BlockedCards(store)]
    parts.append(broker)
    parts += [
        Relay(database, broker),
        forgetting("keys.purge", database, claims.PURGE, claims.KEPT_FOR),
        forgetting("sagas.purge", database, sagas.PURGE, sagas.KEPT_FOR),
    ]
    watching = partial(watch_guards, *guards)
    parts += _jobs(ports, settings)
    parts.append(Every("breakers.watch", WATCH_EVERY_S, watching, at_once=True))
    parts.append(Directory(broker, bank.replicas, fraud.replicas))
    parts.append(Announcer(NAME, settings.url, broker))
    shedder = Shedder(Bounds.fixed(settings.in_flight_limit))
    shed = partial(Shedding, shedder=shedder)
    return Service(NAME, ports, router, parts, tokens, shedder, inside=shed)


def _jobs(ports: Ports, settings: Settings) -> list[Part]:
    """What goes on beside the requests."""
    return [
        Every("sagas.finish_here", FINISH_EVERY_S, partial(finish, ports, HERE)),
        Every("sagas.finish_at_bank", FINISH_EVERY_S, partial(finish_at_bank, ports)),
        Every("orders.recover", RECOVER_EVERY_S, partial(recover, ports)),
        Every("orders.inquire", RECOVER_EVERY_S, partial(inquire, ports)),
        Every("payments.expire", EXPIRE_EVERY_S, partial(expire, ports)),
        Every("payments.settle", settings.settle_every_s, partial(settle, ports)),
        Every("payments.watch", WATCH_EVERY_S, partial(watch, ports), at_once=True),
        Every("ledger.balance", BALANCE_EVERY_S, partial(balance, ports), at_once=True),
    ]


def _limits(settings: Settings) -> Limits:
    return Limits(
        Cents(settings.floor_limit),
        Cents(settings.delegation_limit),
        settings.standins_per_card,
        Cents(settings.standin_exposure),
    )


def _pace(settings: Settings) -> Pace:
    return Pace(
        timedelta(seconds=settings.capture_after_s),
        timedelta(seconds=settings.reconcile_after_s),
    )


def _bank_guard(settings: Settings) -> Guard:
    policy = Policy(
        settings.breaker_calls,
        bad=settings.breaker_bad,
        slow_s=settings.bank_slow_s,
        open_s=settings.breaker_open_s,
        open_most_s=settings.bank_open_most_s,
    )
    patience = Patience(
        settings.bank_attempts,
        settings.bank_retry_base_s,
        settings.bank_retry_most_s,
        budget=settings.bank_retry_budget,
    )
    places, attempt_s = settings.bank_places, settings.bank_attempt_s
    return bank_guard(policy, places, patience, attempt_s)


def _fraud_guard(settings: Settings) -> Guard:
    policy = Policy(
        settings.breaker_calls,
        settings.breaker_within_s,
        settings.breaker_bad,
        open_s=settings.breaker_open_s,
    )
    return fraud_guard(policy, settings.fraud_places, settings.fraud_timeout_s)


def _waits(settings: Settings) -> Waits:
    return Waits(
        settings.bank_timeout_s,
        timedelta(seconds=settings.abandoned_after_s),
        timedelta(days=settings.authorisation_days),
    )


if __name__ == "__main__":
    settings = load(Settings)
    run(NAME, settings, partial(build, settings))
