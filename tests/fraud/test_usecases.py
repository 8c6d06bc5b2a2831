"""What fraud can be asked to do."""

import asyncio
from uuid import uuid4

import pytest

from apps.fraud.store import SCHEMA, PostgresStore
from apps.fraud.usecases import Ports, UnknownCard, count_card, risk_of
from apps.kit.database import Database
from tests.fakes import FakeRisks


@pytest.fixture(params=["fake", pytest.param("postgres", marks=pytest.mark.postgres)])
async def ports(request):
    if request.param == "fake":
        yield Ports(FakeRisks())
        return
    database = Database(request.getfixturevalue("database_url"), SCHEMA)
    await database.start()
    yield Ports(PostgresStore(database))
    await database.stop()


async def test_every_payment_counts_even_when_many_come_at_once(ports, told):
    card, other = uuid4(), uuid4()

    await asyncio.gather(*(count_card(uuid4(), card, ports) for _ in range(20)))
    await count_card(uuid4(), other, ports)

    assert (await risk_of(card, ports)).count == 20
    assert (await risk_of(other, ports)).count == 1
    assert told.counted("fraud.cards.counted") == 21


async def test_a_card_that_never_paid_is_unknown(ports, told):
    with pytest.raises(UnknownCard):
        await risk_of(uuid4(), ports)
