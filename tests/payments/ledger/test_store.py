"""The ledger's rows: PostgreSQL refuses what the book in memory refuses, and more."""

import asyncio
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest

from apps.kit.database import Database
from apps.kit.values import Cents
from apps.payments.domain.booking import Account, Entry, Kind, Transfer, moved
from apps.payments.domain.changes import Outcome
from apps.payments.domain.ledger import settlement, transfers
from apps.payments.domain.rules import Source
from apps.payments.domain.settlement import Batch, Debt, Repayment
from apps.payments.store import ledger
from tests.payments.ledger.book import Book, Refused
from tests.payments.ledger.lives import (
    AT,
    TRACE,
    authorised,
    captured,
    ids,
    living,
    received,
    reconciled,
    refunded,
    voided,
)

SCHEMA = (Path(ledger.__file__).parents[1] / "schema",)
OWED = "merchant_payable:M-01"
TABLES = ("ledger_account", "ledger_transaction", "ledger_entry", "ledger_head")


class Rows:
    """PostgreSQL's ledger, asked as the book in memory is."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def book(self, *booked: Transfer) -> None:
        try:
            async with self.database.transaction() as db:
                await ledger.book(db, booked, AT, TRACE)
        except asyncpg.IntegrityConstraintViolationError as refused:
            raise Refused from refused

    async def balances(self):
        async with self.database.connection() as db:
            return await ledger.balances(db)

    async def exposure(self):
        async with self.database.connection() as db:
            return await ledger.exposure(db)

    async def imbalance(self):
        async with self.database.connection() as db:
            return await ledger.imbalance(db, ledger.Looked())


@pytest.fixture
async def database(database_url, told):
    database = Database(database_url, SCHEMA)
    await database.start()
    yield database
    await database.stop()


@pytest.fixture(params=["book", pytest.param("postgres", marks=pytest.mark.postgres)])
def books(request):
    if request.param == "book":
        return Book()
    return Rows(request.getfixturevalue("database"))


def moving(*events) -> list[Transfer]:
    """All that a payment's life moves."""
    life = living(ids(), received(), *events)
    return [transfer for happened in life for transfer in transfers(happened)]


def posted(step="any", amount=100, **changes) -> Transfer:
    entries = moved(amount, debit=Account.SETTLEMENT_CASH, credit=OWED)
    made = Transfer.of(ids(), step, Kind.POSTED, "EUR", entries=entries)
    return replace(made, **changes)


BANK, DELEGATION = authorised(Source.BANK), authorised(Source.DELEGATION)
CONFIRMED, SUBMITTED, REJECTED = map(reconciled, Outcome)
LIVES = {
    "authorised": (BANK,),
    "captured": (BANK, captured(7_000)),
    "refunded": (BANK, captured(), refunded(400), refunded(9_600)),
    "voided": (BANK, voided()),
    "exposed": (DELEGATION,),
    "exposed and captured": (DELEGATION, captured(6_000), refunded(10)),
    "confirmed": (DELEGATION, CONFIRMED),
    "confirmed, then captured": (DELEGATION, CONFIRMED, captured(1)),
    "confirmed, then voided": (DELEGATION, CONFIRMED, voided()),
    "captured, then submitted": (DELEGATION, captured(3_000), SUBMITTED),
    "rejected": (DELEGATION, REJECTED, voided()),
    "captured, then rejected": (DELEGATION, captured(2_000), REJECTED),
    "refunded, rejected, refunded": (
        DELEGATION,
        captured(2_000),
        refunded(500),
        REJECTED,
        refunded(500),
    ),
}


async def test_an_empty_ledger_holds_nothing(books):
    assert await books.balances() == []
    assert await books.exposure() == await books.imbalance() == 0


@pytest.mark.parametrize("life", LIVES.values(), ids=LIVES)
async def test_every_life_is_booked(books, life):
    reference = Book()
    reference.add(moving(*life))

    await books.book(*moving(*life))

    assert await books.balances() == await reference.balances()
    assert await books.exposure() == reference.exposed()
    assert await books.imbalance() == 0


async def test_all_lives_and_a_batch_add_up(books):
    debts = [Debt(ids(), Cents(12_345), Cents(200)), Debt(ids(), Cents(5), Cents(5))]
    batch = Batch(ids(), "M-01", "EUR", debts, [Repayment(ids(), Cents(13_000))])
    booked = [transfer for life in LIVES.values() for transfer in moving(*life)]
    booked += settlement(batch)
    reference = Book()
    reference.add(booked)

    await books.book(*booked)

    assert await books.balances() == await reference.balances()
    assert await books.exposure() == 16_000


async def test_currencies_are_kept_apart(books):
    dollars = posted(currency="USD", amount=7)

    await books.book(posted(), dollars)

    assert [
        (each.account, each.currency, each.posted) for each in await books.balances()
    ] == [
        (OWED, "EUR", -100),
        (OWED, "USD", -7),
        ("settlement_cash", "EUR", 100),
        ("settlement_cash", "USD", 7),
    ]


def ended(by, **changes) -> list[Transfer]:
    """What was pending, and its end: not quite as it should be."""
    pending, end = moving(BANK, by)
    return [pending, replace(end, **changes)]


def ended_twice() -> list[Transfer]:
    pending, end = ended(captured())
    return [pending, end, replace(end, transfer_id=ids(), kind=Kind.VOID, entries=())]


def ended_though_moved() -> list[Transfer]:
    moved_ = posted()
    _, end = ended(voided(), subject_id=moved_.subject_id)
    return [moved_, replace(end, pending_id=moved_.transfer_id)]


def capturing(
    amount: int, debit=Account.SCHEME_RECEIVABLE, credit=OWED
) -> list[Transfer]:
    return ended(captured(), entries=moved(amount, debit=debit, credit=credit))


REFUSALS = {
    "what was booked before": lambda: [posted()] * 2,
    "what does not balance": lambda: [posted(entries=(Entry(OWED, Cents(5)),))],
    "a transfer of nothing": lambda: [posted(entries=())],
    "nothing, pending": lambda: [posted(entries=(), kind=Kind.PENDING)],
    "an entry of nothing": lambda: [posted(entries=(Entry(OWED, Cents(0)),))],
    "an unknown account": lambda: [
        posted(entries=moved(5, debit="petty_cash", credit=OWED))
    ],
    "a merchant without a name": lambda: [
        posted(entries=moved(5, debit="merchant_payable:", credit=OWED))
    ],
    "a void with entries": lambda: ended(voided(), entries=posted().entries),
    "a post without entries": lambda: ended(captured(), entries=()),
    "a void of nothing": lambda: ended(voided(), pending_id=None),
    "a post of nothing": lambda: ended(captured(), pending_id=None),
    "an end that is none": lambda: ended(captured(), kind=Kind.POSTED),
    "an end of what never was": lambda: ended(voided(), pending_id=ids()),
    "an end of what has moved": ended_though_moved,
    "an end of another's": lambda: ended(voided(), subject_id=ids()),
    "an end in other money": lambda: ended(captured(), currency="USD"),
    "a second end": ended_twice,
    "more than is pending": lambda: capturing(10_001),
    "less than nothing": lambda: capturing(-1),
    "more than is pending, to another": lambda: capturing(10_001, credit="fee_income"),
    "from where nothing is pending": lambda: capturing(5, Account.SETTLEMENT_CASH),
}


@pytest.mark.parametrize("wrong", REFUSALS.values(), ids=REFUSALS)
async def test_what_is_wrong_is_refused(books, wrong):
    with pytest.raises(Refused):
        await books.book(*wrong())


@pytest.mark.parametrize("wrong", REFUSALS.values(), ids=REFUSALS)
@pytest.mark.postgres
async def test_of_what_is_refused_nothing_stays(database, wrong):
    books = Rows(database)
    await books.book(*moving(BANK))
    before = await books.balances()

    with pytest.raises(Refused):
        await books.book(*moving(BANK, captured()), *wrong())

    assert await books.balances() == before
    assert await broken(database) is None


@pytest.mark.postgres
async def test_an_unbalanced_transfer_is_refused_at_the_commit(database):
    unbalanced = posted(entries=(Entry(OWED, Cents(5)),))

    async with database.connection() as db:
        transaction = db.transaction()
        await transaction.start()
        await ledger.book(db, [unbalanced], AT, TRACE)
        with pytest.raises(asyncpg.CheckViolationError, match="do not sum to zero"):
            await transaction.commit()


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize(
    "change", ["UPDATE {} SET {}", "DELETE FROM {}", "TRUNCATE {}"]
)
@pytest.mark.postgres
async def test_what_is_booked_stays_booked(database, table, change):
    column = {"ledger_account": "kind = kind", "ledger_entry": "n = n"}
    await Rows(database).book(*moving(BANK))
    asked = change.format(table, column.get(table, "seq = seq"))

    async with database.connection() as db:
        head = table == "ledger_head" and change.startswith("UPDATE")
        by_grant = asyncpg.RaiseError if head else asyncpg.InsufficientPrivilegeError
        with pytest.raises(by_grant):
            await db.execute(asked)
        await db.execute(f"GRANT ALL ON {table} TO CURRENT_USER")
        with pytest.raises(asyncpg.RaiseError, match="stays booked"):
            await db.execute(asked)


@pytest.mark.postgres
async def test_entries_come_with_their_transfer_only(database):
    (booked,) = moving(BANK)
    await Rows(database).book(booked)
    insert = "INSERT INTO ledger_entry VALUES ($1, 3, 'fee_income', 5, 'EUR')"

    async with database.connection() as db:
        with pytest.raises(asyncpg.RaiseError, match="stays booked"):
            await db.execute(insert, booked.transfer_id)


TAMPERING = {
    "an amount": (
        """UPDATE ledger_transaction SET entries = jsonb_set(entries, '{0,1}', '9')
        WHERE seq = 3""",
        3,
    ),
    "an instant": ("UPDATE ledger_transaction SET at = at + '1 us' WHERE seq = 2", 2),
    "an entry": (
        """UPDATE ledger_entry SET amount = amount * 2 WHERE transfer_id =
        (SELECT transfer_id FROM ledger_transaction WHERE seq = 3)""",
        3,
    ),
    "entries taken away": (
        """DELETE FROM ledger_entry WHERE transfer_id =
        (SELECT transfer_id FROM ledger_transaction WHERE seq = 4)""",
        4,
    ),
    "entries slipped in": (
        """INSERT INTO ledger_entry SELECT transfer_id, n, 'fee_income', n, 'EUR'
        FROM ledger_transaction, (VALUES (8), (9)) slipped (n) WHERE seq = 5""",
        5,
    ),
    "the first, taken away": ("DELETE FROM ledger_transaction WHERE seq = 1", 1),
    "one taken away": ("DELETE FROM ledger_transaction WHERE seq = 3", 3),
    "the last, taken away": ("DELETE FROM ledger_transaction WHERE seq = 6", 6),
    "all taken away": ("DELETE FROM ledger_transaction", 1),
    "two exchanged": (
        """UPDATE ledger_transaction SET seq = CASE seq WHEN 2 THEN -4 ELSE -2 END
            WHERE seq IN (2, 4);
        UPDATE ledger_transaction SET seq = -seq WHERE seq < 0""",
        2,
    ),
    "one sealed anew": (
        """UPDATE ledger_transaction SET step = 'forged' WHERE seq = 4;
        UPDATE ledger_transaction t SET hash = ledger_hash(t) WHERE seq = 4""",
        5,
    ),
    "the head": ("UPDATE ledger_head SET hash = ''", 6),
}


@pytest.mark.parametrize(("tampering", "seq"), TAMPERING.values(), ids=TAMPERING)
@pytest.mark.postgres
async def test_the_first_row_tampered_with_is_named(database, tampering, seq):
    books = Rows(database)
    for _ in range(3):
        await books.book(*moving(BANK, captured()))
    assert await broken(database) is None

    async with database.transaction() as db:
        for table in TABLES:
            await db.execute(f"GRANT ALL ON {table} TO CURRENT_USER")
            await db.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        await db.execute(tampering)

    assert await broken(database) == seq


@pytest.mark.postgres
async def test_an_imbalance_slipped_in_is_counted(database):
    books = Rows(database)
    await books.book(*moving(BANK), *moving(BANK), *moving(BANK))

    async with database.transaction() as db:
        await db.execute("GRANT ALL ON ledger_entry TO CURRENT_USER")
        await db.execute("ALTER TABLE ledger_entry DISABLE TRIGGER USER")
        await db.execute("DELETE FROM ledger_entry WHERE n = 2")

    assert await books.imbalance() == 3


@pytest.mark.postgres
async def test_each_look_takes_up_where_the_last_one_ended(database):
    books, looked = Rows(database), ledger.Looked()
    await books.book(*moving(BANK), *moving(BANK))
    assert await unbalanced(database, looked) == 0
    await unbalance(database, 1)
    assert await unbalanced(database, looked) == 0

    await books.book(*moving(BANK))
    await unbalance(database, 3)

    assert [await unbalanced(database, looked) for _ in range(2)] == [1, 1]
    assert looked.until == 3
    assert await unbalanced(database, ledger.Looked()) == 2


@pytest.mark.postgres
async def test_a_first_look_goes_back_so_far_and_no_further(database, monkeypatch):
    await Rows(database).book(*moving(BANK), *moving(BANK), *moving(BANK))
    await unbalance(database, 1, 3)
    monkeypatch.setattr(ledger, "LOOK_BACK", 2)

    assert await unbalanced(database, ledger.Looked()) == 1


async def unbalanced(database: Database, looked: ledger.Looked) -> int:
    async with database.connection() as db:
        return await ledger.imbalance(db, looked)


async def unbalance(database: Database, *seqs: int) -> None:
    async with database.transaction() as db:
        await db.execute("GRANT ALL ON ledger_entry TO CURRENT_USER")
        await db.execute("ALTER TABLE ledger_entry DISABLE TRIGGER USER")
        await db.execute(
            "DELETE FROM ledger_entry USING ledger_transaction t WHERE n = 2"
            " AND t.transfer_id = ledger_entry.transfer_id AND seq = ANY($1::bigint[])",
            seqs,
        )
        await db.execute("ALTER TABLE ledger_entry ENABLE TRIGGER USER")


@pytest.mark.postgres
async def test_writers_at_once_keep_one_chain(database):
    books = Rows(database)

    async def writes() -> None:
        for _ in range(10):
            await books.book(*moving(BANK, captured()))

    await asyncio.gather(*(writes() for _ in range(5)))

    async with database.connection() as db:
        order = "SELECT seq, prev_hash, hash FROM ledger_transaction ORDER BY seq"
        rows = await db.fetch(order)
    assert [row["seq"] for row in rows] == list(range(1, 101))
    assert [row["prev_hash"] for row in rows[1:]] == [row["hash"] for row in rows[:-1]]
    assert await broken(database) is None


@pytest.mark.postgres
async def test_a_writer_that_gives_up_leaves_no_gap(database):
    books = Rows(database)
    await books.book(*moving(BANK))
    async with database.connection() as db:
        given_up = db.transaction()
        await given_up.start()
        await ledger.book(db, moving(BANK), AT, TRACE)
        await given_up.rollback()

    await books.book(*moving(BANK))

    assert await broken(database) is None


@pytest.mark.postgres
async def test_the_chain_is_the_same_in_every_time_zone(database):
    await Rows(database).book(*moving(BANK, captured()))

    async with database.transaction() as db:
        await db.execute("SET LOCAL timezone TO 'Asia/Kathmandu'")
        await db.execute("SET LOCAL datestyle TO 'SQL, DMY'")
        assert await ledger.first_break(db) is None


@pytest.mark.postgres
async def test_transfers_are_booked_in_order_and_in_one_statement(database):
    booked, asked = moving(DELEGATION, CONFIRMED, captured(), refunded(5)), []
    async with database.transaction() as db:
        db._con.add_query_logger(asked.append)
        await ledger.book(db, booked, AT, TRACE)
        await ledger.book(db, [], AT, TRACE)
        db._con.remove_query_logger(asked.append)
        rows = await db.fetch("SELECT transfer_id FROM ledger_transaction ORDER BY seq")

    assert len(asked) == 1
    assert [row["transfer_id"] for row in rows] == [each.transfer_id for each in booked]


async def broken(database: Database) -> int | None:
    async with database.connection() as db:
        return await ledger.first_break(db)
