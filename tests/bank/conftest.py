from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from apps.bank.domain.accounts import Account
from apps.bank.domain.authorisations import Request, Terms
from apps.bank.events import HoldReversed
from apps.bank.ports import Ports
from apps.bank.store import SCHEMA, PostgresStore
from apps.kit.auth import Caller
from apps.kit.database import Database
from apps.kit.events import CloudEvent
from apps.kit.values import Cents
from tests.bank.fakes import FakeBooks

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
OPENING = Cents(100_000)
PAYMENTS = Caller("payments", frozenset({"bank:write"}))
TERMS = Terms(Cents(40_000), OPENING, timedelta(days=7))


@dataclass
class FakeClock:
    """Stands still until it is told to go on."""

    now: datetime = NOW

    def __call__(self):
        return self.now

    def passes(self, **time):
        self.now += timedelta(**time)


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def fake_ports(clock):
    return Ports(FakeBooks(), TERMS, new_id=uuid4, clock=clock, caller=PAYMENTS)


@pytest.fixture
async def database(database_url):
    database = Database(database_url, SCHEMA)
    await database.start()
    yield database
    await database.stop()


@pytest.fixture
def real_ports(database, clock):
    return Ports(
        PostgresStore(database), TERMS, new_id=uuid4, clock=clock, caller=PAYMENTS
    )


@pytest.fixture(params=["fake", pytest.param("real", marks=pytest.mark.postgres)])
def ports(request):
    """The same, on a fake and on PostgreSQL."""
    return request.getfixturevalue(f"{request.param}_ports")


def asked(amount, card=None, currency="EUR"):
    return Request(uuid4(), "M-01", card or uuid4(), Cents(amount), currency)


async def account_of(request, ports):
    fresh = Account(request.card_token, request.currency, OPENING, Cents(0))
    async with ports.store.alone(uuid4(), fresh) as (_, account):
        return account


async def money(request, ports):
    """What the card has, and what of it is held."""
    account = await account_of(request, ports)
    return account.balance, account.held


async def announced(ports):
    if isinstance(ports.store, FakeBooks):
        return ports.store.events
    kept = await rows(ports, "SELECT payload FROM outbox ORDER BY seq")
    known = CloudEvent[HoldReversed]
    events = [known.model_validate_json(row["payload"]) for row in kept]
    return [event.model_copy(update={"traceparent": None}) for event in events]


async def trail(ports):
    """Who did what, and what came of it."""
    if isinstance(ports.store, FakeBooks):
        return [(each.actor, each.action, each.result) for each in ports.store.trail]
    kept = await rows(
        ports, "SELECT actor, action, result FROM audit_event ORDER BY seq"
    )
    return [tuple(row) for row in kept]


async def rows(ports, query, *values):
    async with ports.store._database.connection() as db:
        return await db.fetch(query, *values)
