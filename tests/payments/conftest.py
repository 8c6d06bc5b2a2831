from dataclasses import replace
from datetime import timedelta

import pytest

from apps.kit import errors
from apps.kit.breaker import Breaker
from apps.kit.circuit import Policy
from apps.kit.database import Database
from apps.kit.ops import Breakers
from apps.payments.app.movements import render_movement
from apps.payments.app.orders import render
from apps.payments.ports import Ports, Waits
from apps.payments.store.payments import SCHEMA, PostgresStore
from apps.payments.store.steps import PostgresSteps
from apps.payments.store.vault import Vault
from tests.fakes import ids
from tests.payments.fakes import (
    LIMITS,
    PACE,
    Clock,
    FakeBank,
    FakeFraud,
    FakePayments,
    FakeSteps,
)

VAULT = Vault(b"k" * 32)
WAITS = Waits(2.0, timedelta(seconds=30), timedelta(days=6))


@pytest.fixture
def bank():
    return FakeBank()


@pytest.fixture
def fraud():
    return FakeFraud()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def faked(bank, fraud, clock):
    store = FakePayments()
    steps = FakeSteps(store)
    return Ports(
        store,
        steps,
        bank,
        fraud,
        LIMITS,
        WAITS,
        clock=clock,
        new_id=ids,
        fingerprint=VAULT.fingerprint,
        render=render,
        render_movement=render_movement,
        render_problem=errors.body_of,
        breakers=Breakers(Breaker("bank", Policy()), audit=steps.note),
    )


@pytest.fixture
def ports(faked):
    """A test module that is to hold for PostgreSQL too takes `either` instead."""
    return faked


@pytest.fixture
def store(ports):
    return ports.store


@pytest.fixture
def steps(ports):
    return ports.steps


@pytest.fixture
async def database(database_url):
    database = Database(database_url, SCHEMA)
    await database.start()
    yield database
    await database.stop()


@pytest.fixture
def real(database, faked):
    """The same ports, but with PostgreSQL behind them."""
    store = PostgresStore(database, VAULT, LIMITS, PACE)
    return replace(faked, store=store, steps=PostgresSteps(database, store))


@pytest.fixture(params=["fake", pytest.param("postgres", marks=pytest.mark.postgres)])
def either(request, faked):
    """Once the fake, once PostgreSQL: the fake answers as PostgreSQL does."""
    return faked if request.param == "fake" else request.getfixturevalue("real")
