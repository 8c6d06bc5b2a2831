"""The payments store: the fake answers as PostgreSQL does."""

from dataclasses import replace

import asyncpg
import pytest

from apps.kit.database import Database
from apps.kit.values import Pan
from apps.payments.domain.cards import Expiry
from apps.payments.domain.idempotency import Claim
from apps.payments.domain.life import Life, fold
from apps.payments.domain.payment import ConcurrentChange
from apps.payments.domain.rules import Reason
from apps.payments.store.blocked import NUMBERS, BlockedCards
from apps.payments.store.payments import SCHEMA, PostgresStore
from apps.payments.store.vault import Vault
from tests.fakes import NOW, PAN, ids, order
from tests.payments.domain.lives import FLAGGED
from tests.payments.fakes import LIMITS, PACE, FakePayments
from tests.payments.paying import paid

EXPIRY = Expiry(12, 2030)
VAULT = Vault(b"k" * 32)


def another_claim() -> Claim:
    return Claim("M-01", "POST /payments", ids().bytes, b"", ids())


def happening(payment, *events):
    """What it is to keep that these events happen to the payment as it is here."""
    life = Life(payment.payment_id, "0" * 32, payment)
    for event in events:
        life.happens(event, NOW)
    return life.flush()


@pytest.fixture
async def database(database_url):
    database = Database(database_url, SCHEMA)
    await database.start()
    yield database
    await database.stop()


@pytest.fixture(params=["fake", pytest.param("postgres", marks=pytest.mark.postgres)])
async def store(request):
    if request.param == "fake":
        yield FakePayments()
        return
    database = Database(request.getfixturevalue("database_url"), SCHEMA)
    await database.start()
    yield PostgresStore(database, VAULT, LIMITS, PACE)
    await database.stop()


async def test_terminals_are_known_with_their_state(store, told):
    assert (await store.terminal("POS-01")).is_active
    assert not (await store.terminal("POS-03")).is_active
    assert await store.terminal("POS-99") is None


async def test_the_same_number_is_the_same_card(store, told):
    first, again = [await store.card(PAN, EXPIRY) for _ in range(2)]
    other = await store.card(Pan("4111111111111111"), EXPIRY)

    assert first == again
    assert (first.brand, first.last4) == ("MASTERCARD", "0007")
    assert other.token != first.token


async def test_a_blocked_card_stays_blocked(store, told):
    card = await store.card(PAN, EXPIRY)
    await store.block(card, "stolen")

    assert await store.card(PAN, EXPIRY) == replace(card, is_blocked=True)


@pytest.mark.parametrize("amount", [100, 15_000, 50_000])
async def test_a_payment_is_the_fold_of_its_history(store, ports, told, amount):
    ports = replace(ports, store=store)

    payment = await paid(order(amount), ports)

    history = await store.history(payment.payment_id)
    assert await store.payment(payment.payment_id) == payment == fold(history)
    assert [each.seq for each in history] == list(range(1, payment.version + 1))
    assert await store.payment(ids()) is None


async def test_a_payment_that_moved_on_meanwhile_is_not_overwritten(store, ports, told):
    ports = replace(ports, store=store)
    payment = await paid(order(), ports)
    await store.keep(happening(payment, FLAGGED))
    history = await store.history(payment.payment_id)

    with pytest.raises(ConcurrentChange):
        await store.keep(happening(payment, FLAGGED), another_claim())

    assert await store.history(payment.payment_id) == history
    assert await store.standing(another_claim()) is None


@pytest.mark.postgres
async def test_history_is_not_rewritten(database, ports, told):
    await paid(
        order(), replace(ports, store=PostgresStore(database, VAULT, LIMITS, PACE))
    )

    for change in ("UPDATE payment_event SET seq = 9", "DELETE FROM payment_event"):
        with pytest.raises(asyncpg.RaiseError, match="is not changed"):
            async with database.connection() as db:
                await db.execute(change)


@pytest.mark.postgres
async def test_the_number_is_kept_only_sealed(database, told):
    card = await PostgresStore(database, VAULT, LIMITS, PACE).card(PAN, EXPIRY)

    async with database.connection() as db:
        row = await db.fetchrow("SELECT * FROM card WHERE card_token = $1", card.token)
    assert VAULT.open(row["pan_ciphertext"], card.token) == PAN
    assert row["key_id"] == VAULT.key_id
    assert PAN.digits not in str(dict(row))


@pytest.mark.postgres
async def test_listed_cards_are_blocked_at_each_start(database, ports, told):
    store = PostgresStore(database, VAULT, LIMITS, PACE)
    for _ in range(2):
        await BlockedCards(store).start()

    payment = await paid(order(pan=Pan(NUMBERS[0])), replace(ports, store=store))

    assert payment.decision.reason is Reason.BLACK_LISTED_CARD_NUMBER


@pytest.mark.postgres
async def test_payment_and_event_are_kept_together_or_not_at_all(database, ports, told):
    ports = replace(ports, store=PostgresStore(database, VAULT, LIMITS, PACE))
    payment = await paid(order(), ports)

    stale = replace(payment, version=payment.version - 1)
    with pytest.raises(ConcurrentChange):
        await ports.store.keep(happening(stale, FLAGGED), another_claim())

    async with database.connection() as db:
        for table, rows in {
            "payment": 1,
            "outbox": 1,
            "payment_event": 2,
            "idempotency": 1,
        }.items():
            count = f"SELECT count(*) FROM {table}"  # noqa: S608  (our own names)
            assert await db.fetchval(count) == rows
