from datetime import timedelta

import pytest

from apps.kit import errors
from apps.payments.app.movements import render_movement
from apps.payments.app.orders import render
from apps.payments.ports import Ports, Waits
from apps.payments.store.vault import Vault
from tests.fakes import NOW, ids
from tests.payments.fakes import LIMITS, FakeBank, FakeFraud, FakePayments, FakeSteps


@pytest.fixture
def bank():
    return FakeBank()


@pytest.fixture
def fraud():
    return FakeFraud()


@pytest.fixture
def store():
    return FakePayments()


@pytest.fixture
def steps(store):
    return FakeSteps(store)


@pytest.fixture
def ports(store, steps, bank, fraud):
    return Ports(
        store,
        steps,
        bank,
        fraud,
        LIMITS,
        Waits(2.0, timedelta(seconds=30), timedelta(days=6)),
        clock=lambda: NOW,
        new_id=ids,
        fingerprint=Vault(b"k" * 32).fingerprint,
        render=render,
        render_movement=render_movement,
        render_problem=errors.body_of,
    )
