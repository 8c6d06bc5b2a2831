"""The payments store: the fake answers as PostgreSQL does."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import asyncpg
import pytest

from apps.kit.values import Cents, Cvv, Pan
from apps.payments.domain.cards import Expiry
from apps.payments.domain.idempotency import Answer, Claim
from apps.payments.domain.life import Life, fold
from apps.payments.domain.listing import Query
from apps.payments.domain.orders import Fees
from apps.payments.domain.payment import (
    AlreadyClaimed,
    ConcurrentChange,
    DuplicateReference,
    Status,
)
from apps.payments.domain.rules import Reason, Source
from apps.payments.store.blocked import NUMBERS, BlockedCards
from apps.payments.store.payments import PostgresStore
from apps.payments.store.steps import PostgresSteps
from apps.payments.usecases.pay import ReferenceTaken
from tests.fakes import NOW, PAN, ids, order
from tests.payments.conftest import VAULT
from tests.payments.domain.lives import (
    DELEGATED,
    FLAGGED,
    RECEIVED,
    RECONCILED,
    REJECTED,
    REVERSAL,
    REVERSED,
    WAYS,
    captured,
    refunded,
)
from tests.payments.fakes import LIMITS, PACE
from tests.payments.paying import automatic, paid

EXPIRY = Expiry(12, 2030)

CARDS_OF_LONG_AGO = """
INSERT INTO card (card_token, pan_hmac, pan_ciphertext, key_id, brand, last4,
    expiry_month, expiry_year)
SELECT ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid,
    sha256(n::text::bytea), '', 'k', 'visa', '0000', 1, 2030
FROM generate_series(1, 100) AS n
"""

LIVES = {
    **{str(state): way for state, way in WAYS.items() if state},
    "reversed": [*WAYS[Status.VOIDED], REVERSAL, REVERSED],
    "accepted in the bank's stead": [RECEIVED, DELEGATED, FLAGGED],
    "reconciled": [RECEIVED, DELEGATED, captured(), RECONCILED, refunded(1)],
    "lost": [RECEIVED, DELEGATED, captured(), REJECTED],
}


def another_claim() -> Claim:
    return Claim("M-01", "POST /payments", ids().bytes, b"", ids())


def happening(payment, *events):
    """What it is to keep that these events happen to the payment as it is here."""
    life = Life(payment.payment_id, "0" * 32, payment, "nobody")
    for event in events:
        life.happens(event, NOW)
    return life.flush()


@pytest.fixture
def ports(either):
    return either


async def test_terminals_are_known_with_their_state(store, told):
    assert (await store.terminal("POS-01")).is_active
    assert not (await store.terminal("POS-03")).is_active
    assert await store.terminal("POS-99") is None
    assert {"POS-01", "POS-03"} <= {
        row["pos_id"] for row in await store.terminals(None)
    }


async def test_a_merchant_pays_its_fees(store, told):
    assert await store.fees("M-01") == Fees(140, Cents(25))


async def test_the_same_number_is_the_same_card(store, told):
    first, again = [await store.card(PAN, EXPIRY) for _ in range(2)]
    other = await store.card(Pan("4111111111111111"), EXPIRY)

    assert first == again
    assert (first.brand, first.last4) == ("MASTERCARD", "0007")
    assert other.token != first.token
    assert {card.token for card in await store.cards(None)} == {
        first.token,
        other.token,
    }


async def test_a_blocked_card_stays_blocked(store, told):
    card = await store.card(PAN, EXPIRY)
    await store.block(card, "stolen")

    assert await store.card(PAN, EXPIRY) == replace(card, is_blocked=True)


@pytest.mark.parametrize("amount", [100, 15_000, 50_000])
async def test_a_payment_is_the_fold_of_its_history(store, ports, told, amount):
    payment = await paid(order(amount), ports)

    history = await store.history(payment.payment_id)
    assert await store.payment(payment.payment_id) == payment == fold(history)
    assert [each.seq for each in history] == list(range(1, payment.version + 1))
    assert await store.payment(ids()) is None


@pytest.mark.parametrize("name", LIVES)
async def test_whatever_happened_is_read_as_it_was_kept(store, told, name):
    card = await store.card(PAN, EXPIRY)
    life = Life(ids(), "0" * 32, None, "nobody")
    for event in LIVES[name]:
        known = replace(event, card_token=card.token) if event == RECEIVED else event
        life.happens(known, NOW)
    happened = life.flush()

    for each in happened:
        await store.keep([each])

    history = await store.history(life.payment_id)
    assert history == [each.recorded for each in happened]
    assert await store.payment(life.payment_id) == life.payment == fold(history)


async def test_a_payment_that_moved_on_meanwhile_is_not_overwritten(store, ports, told):
    payment = await paid(order(), ports)
    await store.keep(happening(payment, FLAGGED))
    history = await store.history(payment.payment_id)

    with pytest.raises(ConcurrentChange):
        await store.keep(happening(payment, FLAGGED), another_claim())

    assert await store.history(payment.payment_id) == history


async def test_a_key_has_one_answer(store, ports, told):
    payment, claim = await paid(order(), ports), another_claim()
    answer = Answer(payment.payment_id, 201, b"yes")

    await store.keep(happening(payment, FLAGGED), claim, answer)
    moved_on = await store.payment(payment.payment_id)
    with pytest.raises(AlreadyClaimed):
        await store.keep(happening(moved_on, FLAGGED), claim, answer)

    assert not await store.refuse(claim, Answer(payment.payment_id, 409, b"no"))
    standing = await store.standing(claim)
    assert (standing.status, standing.body) == (201, b"yes")
    assert (await store.payment(payment.payment_id)).version == moved_on.version


async def test_a_refusal_is_the_answer_too(store, told):
    claim = another_claim()

    assert await store.refuse(claim, Answer(claim.payment_id, 409, b"no"))
    assert not await store.refuse(claim, Answer(claim.payment_id, 422, b"other"))

    standing = await store.standing(claim)
    assert (standing.status, standing.body) == (409, b"no")


async def listed(store, **narrow):
    return [each.payment_id for each in await store.payments(Query(100, **narrow))]


async def test_payments_are_listed_newest_first_a_page_at_a_time(store, ports, told):
    made = [(await paid(order(), ports)).payment_id for _ in range(5)]

    pages, after = [], None
    while page := await store.payments(Query(2, after=after)):
        pages.append([each.payment_id for each in page])
        after = pages[-1][-1]

    newest = made[::-1]
    assert pages == [newest[:2], newest[2:4], newest[4:]]


async def test_a_list_is_narrowed(store, ports, clock, bank, told):
    first = await paid(order(), ports)
    clock.passes(minutes=1)
    elsewhere = await paid(order(pos_id="POS-03"), ports)
    clock.passes(minutes=1)
    last = await paid(order(), ports)

    assert await listed(store, status=Status.DECLINED) == [elsewhere.payment_id]
    assert await listed(store, status=Status.CAPTURED) == []
    assert await listed(store, pos_id="POS-01") == [last.payment_id, first.payment_id]
    assert await listed(store, since=last.created_at) == [last.payment_id]
    assert await listed(store, until=elsewhere.created_at) == [first.payment_id]
    minute = timedelta(minutes=1)
    between = {"since": first.created_at + minute, "until": last.created_at}
    assert await listed(store, **between) == [elsewhere.payment_id]


def named(reference: str, **rest):
    return replace(order(**rest), merchant_reference=reference)


async def test_a_reference_names_one_payment_of_a_merchant(store, ports, told):
    payment = await paid(named("order-4711"), ports)

    for amount in (5_000, 15_000):
        with pytest.raises(ReferenceTaken):
            await paid(named("order-4711", amount=amount), ports)
    await paid(named("order-4711", pos_id="POS-03"), ports)
    await paid(named("order-4712"), ports)
    await store.keep(happening(payment, FLAGGED))

    assert len(await listed(store)) == 3


async def test_no_reference_is_no_name(ports, store, told):
    for _ in range(2):
        await paid(order(), ports)

    assert len(await listed(store)) == 2


async def test_a_duplicate_is_refused_by_the_store_itself(store, ports, told):
    payment = await paid(named("order-4711"), ports)
    twin = replace(
        RECEIVED, card_token=payment.card.token, merchant_reference="order-4711"
    )
    life = Life(ids(), "0" * 32, None, "nobody")
    life.happens(twin, NOW)

    with pytest.raises(DuplicateReference):
        await store.keep(life.flush(), another_claim())

    assert await store.payment(life.payment_id) is None


@pytest.mark.postgres
async def test_many_at_once_under_one_reference_are_one_payment(real, told):
    tries = [paid(named("order-4711", amount=15_000), real) for _ in range(6)]

    answers = await asyncio.gather(*tries, return_exceptions=True)

    refused = [each for each in answers if isinstance(each, ReferenceTaken)]
    assert len(refused) == 5
    assert len(await listed(real.store)) == 1


async def counted(database, **expected):
    async with database.connection() as db:
        found = {
            table: await db.fetchval(f"SELECT count(*) FROM {table}")  # noqa: S608
            for table in expected
        }
    assert found == expected


@pytest.mark.postgres
async def test_what_follows_is_kept_with_the_event_or_not_at_all(database, real, told):
    payment = await paid(automatic(15_000), real)
    kept = {
        "payment": 1,
        "payment_event": 3,
        "idempotency": 1,
        "outbox": 2,
        "saga": 1,
        "ledger_transaction": 1,
        "audit_event": 1,
        "capture": 0,
    }
    await counted(database, **kept)

    stale = replace(payment, version=payment.version - 1)
    with pytest.raises(ConcurrentChange):
        await real.store.keep(happening(stale, captured()), another_claim())
    await counted(database, **kept)

    await real.store.keep(happening(payment, captured()))
    await counted(
        database, outbox=3, saga=2, ledger_transaction=2, audit_event=2, capture=1
    )


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("per_card", "exposure", "accepted"), [(3, 5_000_000, 3), (100, 40_000, 2)]
)
async def test_no_two_at_once_pass_the_caps(
    database, real, bank, told, per_card, exposure, accepted
):
    limits = replace(LIMITS, standins_per_card=per_card, exposure=Cents(exposure))
    store = PostgresStore(database, VAULT, limits, PACE)
    ports = replace(
        real, store=store, steps=PostgresSteps(database, store), limits=limits
    )
    bank.silent = True

    payments = await asyncio.gather(*(paid(order(15_000), ports) for _ in range(6)))

    reasons = [payment.decision.reason for payment in payments]
    assert reasons.count(Reason.ACCEPTED) == accepted
    assert reasons.count(Reason.AMOUNT_EXCEEDED) == 6 - accepted
    assert {payment.decision.source for payment in payments} == {Source.DELEGATION}
    assert await ports.steps.exposure() == accepted * 15_000


@pytest.mark.postgres
async def test_history_is_not_rewritten(database, real, told):
    await paid(order(), real)

    for change in ("UPDATE payment_event SET seq = 9", "DELETE FROM payment_event"):
        with pytest.raises(asyncpg.RaiseError, match="is not changed"):
            async with database.connection() as db:
                await db.execute(change)


@pytest.mark.postgres
async def test_the_number_is_kept_only_sealed(database, real, told):
    card = await real.store.card(PAN, EXPIRY)

    async with database.connection() as db:
        row = await db.fetchrow("SELECT * FROM card WHERE card_token = $1", card.token)
    assert VAULT.open(row["pan_ciphertext"], card.token) == PAN
    assert row["key_id"] == VAULT.key_id
    assert PAN.digits not in str(dict(row))


TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"


@pytest.mark.postgres
async def test_no_table_holds_a_number_or_a_verification_value(database, real, told):
    asked = replace(automatic(), cvv=Cvv("its-cvv"))
    payment = await paid(asked, real)
    await real.store.keep(happening(payment, captured()))

    rows = []
    async with database.connection() as db:
        for (table,) in await db.fetch(TABLES):
            dump = f"SELECT kept::text FROM {table} kept"  # noqa: S608
            rows += [row[0] for row in await db.fetch(dump)]
    text = "\n".join(rows)
    assert str(payment.payment_id) in text
    for secret in (PAN.digits, "its-cvv"):
        assert secret not in text
        assert secret.encode().hex() not in text


@pytest.mark.postgres
async def test_listed_cards_are_blocked_at_each_start(real, told):
    for _ in range(2):
        await BlockedCards(real.store).start()

    payment = await paid(order(pan=Pan(NUMBERS[0])), real)

    assert payment.decision.reason is Reason.BLACK_LISTED_CARD_NUMBER


@pytest.mark.postgres
async def test_the_newest_hundred_cards_are_listed(database, real, told):
    async with database.connection() as db:
        await db.execute(CARDS_OF_LONG_AGO)

    payment = await paid(order(), real)

    for merchant_id in (None, payment.merchant_id):
        listed = await real.store.cards(merchant_id)
        assert listed[0].token == payment.card.token
    assert len(await real.store.cards(None)) == 100
