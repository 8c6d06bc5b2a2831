"""Notifications with its fakes, or on a real database."""

import pytest

from apps.kit.database import Database
from apps.notifications.store import SCHEMA
from apps.notifications.store.notifications import PostgresStore

from .fakes import URL, Clock, FakeMerchants, FakeStore, ports_of


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def merchants():
    return FakeMerchants()


@pytest.fixture(params=["fake", pytest.param("postgres", marks=pytest.mark.postgres)])
async def store(request):
    """A store in which two merchants have an endpoint."""
    if request.param == "fake":
        yield await offered(FakeStore())
        return
    database = Database(request.getfixturevalue("database_url"), SCHEMA)
    await database.start()
    yield await offered(PostgresStore(database))
    await database.stop()


async def offered(store):
    for merchant in ("M-01", "M-02"):
        await store.offer(merchant, URL)
    return store


@pytest.fixture
def ports(store, merchants, clock):
    return ports_of(store, merchants, clock)
