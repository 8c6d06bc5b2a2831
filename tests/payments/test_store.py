"""The payments store: the fake answers as PostgreSQL does."""

import pytest

from apps.kit.database import Database
from apps.kit.values import Pan
from apps.payments.events import PaymentDecided
from apps.payments.store import SCHEMA, PostgresStore
from apps.payments.usecases import pay
from tests.fakes import PAN, FakePayments, ids, order


@pytest.fixture(params=["fake", pytest.param("postgres", marks=pytest.mark.postgres)])
async def store(request):
    if request.param == "fake":
        yield FakePayments()
        return
    database = Database(request.getfixturevalue("database_url"), SCHEMA)
    await database.start()
    yield PostgresStore(database, card_key=b"k" * 32)
    await database.stop()


async def test_terminals_are_known_with_their_state(store, told):
    assert (await store.terminal("POS-01")).is_active
    assert not (await store.terminal("POS-04")).is_active
    assert await store.terminal("POS-99") is None


async def test_the_same_number_is_the_same_card(store, told):
    first, again = await store.card(PAN), await store.card(PAN)
    other = await store.card(Pan("4111111111111111"))

    assert first == again
    assert (first.brand, first.last4) == ("MASTERCARD", "0007")
    assert other.token != first.token


async def test_a_payment_comes_back_as_it_was_kept(store, ports, told):
    ports = type(ports)(**{**vars(ports), "store": store})

    payment = await pay(order(amount=15_000), ports)

    assert await store.payment(payment.payment_id) == payment
    assert await store.payment(ids()) is None


@pytest.mark.postgres
async def test_payment_and_event_are_kept_together_or_not_at_all(
    database_url, ports, told
):
    database = Database(database_url, SCHEMA)
    await database.start()
    store = PostgresStore(database, card_key=b"k" * 32)
    ports = type(ports)(**{**vars(ports), "store": store})
    payment = await pay(order(), ports)

    with pytest.raises(Exception, match="duplicate key"):
        await store.save(payment, PaymentDecided.of(payment))

    async with database.connection() as db:
        assert await db.fetchval("SELECT count(*) FROM payment") == 1
        assert await db.fetchval("SELECT count(*) FROM outbox") == 1
        columns = await db.fetch("SELECT p::text, c::text FROM payment p, card c")
    await database.stop()
    assert PAN.digits not in str(columns)
