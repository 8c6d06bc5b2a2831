import pytest

from apps.kit.values import Cents
from apps.payments.domain.rules import Limits
from apps.payments.usecases import Ports
from tests.fakes import NOW, FakeBank, FakePayments, ids


@pytest.fixture
def bank():
    return FakeBank()


@pytest.fixture
def store():
    return FakePayments()


@pytest.fixture
def ports(store, bank):
    limits = Limits(Cents(10_000), Cents(20_000))
    return Ports(
        store, bank, limits, clock=lambda: NOW, new_id=ids, bank_deadline_ms=2_000
    )
