from dataclasses import replace

import pytest

from apps.kit.values import uuid7
from benchmarks.growth.copies import HEADS, TABLES
from benchmarks.growth.filling import Books
from benchmarks.growth.statements import Executed, explained, pages, scans
from tests.payments.domain.lives import captured
from tests.payments.paying import automatic, manual, paid
from tests.payments.test_store import happening

pytestmark = pytest.mark.postgres

FILLED = 40


@pytest.fixture
async def books(database, real, told):
    """Two payments and all that belongs to them, and forty that are copies of them."""
    timed = replace(real, new_id=uuid7)
    for order in (automatic(15_000), manual(15_000)):
        payment = await paid(order, timed)
        await real.store.keep(happening(payment, captured()))
    async with database.connection() as db:
        await db.execute("UPDATE outbox SET published_at = now()")
        filled = Books(db)
        await filled.begin(200)
        await filled.fill(FILLED // 2)
        await filled.fill(FILLED)
        yield db


async def test_there_are_as_many_as_wished_with_all_that_belongs_to_each(books):
    for copied in TABLES:
        counted = await books.fetchval(f"SELECT count(*) FROM {copied.table}")  # noqa: S608
        own = await books.fetchval(
            f"SELECT count(*) FROM {copied.table} WHERE {copied.rows}"  # noqa: S608
        )
        assert counted == own * FILLED / 2, copied.table


async def test_copies_are_earlier_and_their_ids_say_so(books):
    rows = await books.fetch(
        "SELECT payment_id, created_at FROM payment ORDER BY payment_id"
    )

    assert [row["created_at"] for row in rows] == sorted(r["created_at"] for r in rows)
    assert {row["payment_id"].version for row in rows} == {7}


async def test_the_books_still_sum_to_zero_and_no_row_is_an_orphan(books):
    assert await books.fetchval("SELECT sum(amount) FROM ledger_entry") == 0
    orphans = """
    SELECT count(*) FROM ledger_transaction t
    WHERE NOT EXISTS (SELECT FROM payment WHERE payment_id = t.subject_id)
        OR (pending_id IS NOT NULL AND NOT EXISTS (
            SELECT FROM ledger_transaction p WHERE p.transfer_id = t.pending_id))
    """
    assert await books.fetchval(orphans) == 0


async def test_whoever_writes_next_goes_on_where_the_copies_end(books, database, real):
    payment = await paid(automatic(15_000), real)

    async with database.connection() as db:
        for head, table in HEADS.items():
            last = await db.fetchval(f"SELECT max(seq) FROM {table}")  # noqa: S608
            assert await db.fetchval(f"SELECT seq FROM {head}") == last  # noqa: S608
    assert payment


async def test_triggers_are_awake_again(books):
    asleep = "SELECT count(*) FROM pg_trigger WHERE tgenabled <> 'O'"

    assert await books.fetchval(asleep) == 0


async def test_a_statement_is_explained_with_its_values_and_undone(books):
    some = await books.fetchval("SELECT payment_id FROM payment LIMIT 1")
    sought = "SELECT status FROM payment WHERE payment_id = $1"
    changed = "UPDATE payment SET status = 'lost' WHERE attempts < $1"

    plan = await explained(books, Executed(sought, 0.1, "execute", (f"'{some}'",)))
    change = await explained(books, Executed(changed, 0.1, "execute", ("'9'",)))

    assert pages(plan) > 0
    assert list(scans(change["Plans"][0], frozenset({"payment"}))) == ["payment"]
    assert await books.fetchval("SELECT payment_id FROM payment LIMIT 1") == some
    lost = "SELECT count(*) FROM payment WHERE status = 'lost'"
    assert await books.fetchval(lost) == 0
