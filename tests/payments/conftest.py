import pytest

from apps.kit.values import Cents
from apps.payments.app import render
from apps.payments.domain.rules import Limits
from apps.payments.ports import Ports
from apps.payments.vault import Vault
from tests.fakes import NOW, FakeBank, FakePayments, ids


@pytest.fixture
def bank():
    return FakeBank()


@pytest.fixture
def store():
    return FakePayments()


@pytest.fixture
def ports(store, bank):
    return Ports(
        store,
        bank,
        Limits(Cents(10_000), Cents(20_000)),
        clock=lambda: NOW,
        new_id=ids,
        bank_deadline_ms=2_000,
        fingerprint=Vault(b"k" * 32).fingerprint,
        render=render,
    )
