"""What was done stays written down, and whoever rewrites it is found."""

import asyncio
from uuid import UUID

import asyncpg
import pytest

from apps.kit import audit
from apps.kit.audit import Entry
from apps.kit.database import Database
from apps.kit.signals import span

pytestmark = pytest.mark.postgres

PAN = "5204460010000007"
PAYMENT = UUID("018f3c2e-0000-7000-8000-000000000001")


@pytest.fixture
async def database(database_url, told):
    database = Database(database_url, [audit.SCHEMA])
    await database.start()
    yield database
    await database.stop()


@span("test.act")
async def act(database, subject="payment-1", **facts):
    async with database.transaction() as db:
        entry = Entry("merchant:M-01", "payment.pay", subject, "accepted", facts)
        await audit.put(db, entry)


async def acted(database, times=5):
    for nth in range(times):
        await act(database, f"payment-{nth + 1}")


async def tamper(database, sql):
    """Do what only the table's owner could, with all its locks undone."""
    async with database.transaction() as db:
        await db.execute("GRANT ALL ON audit_event, audit_head TO CURRENT_USER")
        await db.execute("ALTER TABLE audit_event DISABLE TRIGGER USER")
        await db.execute("ALTER TABLE audit_head DISABLE TRIGGER USER")
        await db.execute(sql, timeout=60)
        await db.execute("ALTER TABLE audit_event ENABLE TRIGGER USER")
        await db.execute("ALTER TABLE audit_head ENABLE TRIGGER USER")


async def broken(database):
    async with database.connection() as db:
        return await audit.first_break(db)


async def test_a_row_says_who_did_what_to_whom_when_where(database, told, monkeypatch):
    audit._instance.cache_clear()
    monkeypatch.setenv(
        "OTEL_RESOURCE_ATTRIBUTES", "a=b, service.instance.id=payments-2"
    )

    await act(database, "payment-1", amount=1_000, payment=PAYMENT, absent=None)

    audit._instance.cache_clear()
    async with database.connection() as db:
        row = await db.fetchrow("SELECT *, now() - at AS age FROM audit_event")
    context = told.span("test.act").get_span_context()
    assert row["seq"] == 1
    assert row["actor"] == "merchant:M-01"
    assert row["action"] == "payment.pay"
    assert row["subject"] == "payment-1"
    assert row["result"] == "accepted"
    assert row["instance"] == "payments-2"
    assert row["trace_id"] == f"{context.trace_id:032x}"
    assert row["facts"] == f'{{"amount": 1000, "payment": "{PAYMENT}"}}'
    assert row["age"].total_seconds() < 5
    assert told.counted("audit.events", audit_action="payment.pay") == 1


async def test_no_card_number_gets_there(database):
    await act(database, f"card {PAN}", note=f"paid with {PAN}")

    async with database.connection() as db:
        row = str(await db.fetchrow("SELECT * FROM audit_event"))
    assert PAN not in row
    assert row.count("•••• 0007") == 2


async def test_what_is_not_kept_is_not_audited(database, told):
    with pytest.raises(ZeroDivisionError):
        async with database.transaction():
            await act(database)
            raise ZeroDivisionError
    assert told.counted("audit.events") == 0
    await act(database)
    assert told.counted("audit.events") == 1

    async with database.connection() as db:
        assert await db.fetchval("SELECT array_agg(seq) FROM audit_event") == [1]
    assert await broken(database) is None


async def test_the_chain_holds_however_many_write_at_once(database):
    await asyncio.gather(*[act(database, f"payment-{n}") for n in range(60)])

    async with database.connection() as db:
        assert await db.fetchval("SELECT max(seq) FROM audit_event") == 60
    assert await broken(database) is None


async def test_a_trail_without_rows_is_whole(database):
    assert await broken(database) is None


@pytest.mark.parametrize(
    ("sql", "named"),
    [
        ("UPDATE audit_event SET result = 'refused' WHERE seq = 3", 3),
        ("UPDATE audit_event SET facts = '{\"amount\": 1}' WHERE seq = 5", 5),
        ("UPDATE audit_event SET at = at - interval '1 s' WHERE seq = 1", 1),
        ("DELETE FROM audit_event WHERE seq = 1", 1),
        ("DELETE FROM audit_event WHERE seq = 3", 3),
        ("DELETE FROM audit_event WHERE seq = 5", 5),
        ("DELETE FROM audit_event", 1),
        ("INSERT INTO audit_event SELECT 0, at, 'x', action, subject, result, instance,"
         " trace_id, facts, prev_hash, hash FROM audit_event WHERE seq = 1", 0),
        ("INSERT INTO audit_event SELECT 6, at, 'x', action, subject, result, instance,"
         " trace_id, facts, hash, hash FROM audit_event WHERE seq = 5", 6),
        ("UPDATE audit_head SET seq = 4", 5),
        ("UPDATE audit_head SET hash = sha256('other')", 5),
    ],
)  # fmt: skip
async def test_a_rewritten_trail_names_the_first_row_that_is_wrong(
    database, sql, named
):
    await acted(database)

    await tamper(database, sql)

    assert await broken(database) == named


async def test_a_row_slipped_in_with_a_fitting_hash_is_found(database):
    await acted(database)

    await tamper(
        database,
        """
        UPDATE audit_event SET seq = seq + 100 WHERE seq >= 3;
        UPDATE audit_event SET seq = seq - 99 WHERE seq > 100;
        INSERT INTO audit_event SELECT 3, at, actor, action, 'payment-x', result,
            instance, trace_id, facts, hash, hash FROM audit_event WHERE seq = 2;
        UPDATE audit_event e SET hash = audit_hash(e) WHERE seq = 3
        """,
    )

    assert await broken(database) == 4


async def test_a_trail_rewritten_from_there_to_its_end_does_not_fit_its_head(database):
    await acted(database)

    await tamper(
        database,
        """
        UPDATE audit_event SET result = 'refused' WHERE seq = 5;
        UPDATE audit_event e SET hash = audit_hash(e) WHERE seq = 5
        """,
    )

    assert await broken(database) == 5


@pytest.mark.parametrize("granted", [False, True])
@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE audit_event SET result = 'refused'",
        "DELETE FROM audit_event",
        "TRUNCATE audit_event",
        "UPDATE audit_head SET seq = 0",
        "DELETE FROM audit_head",
        "TRUNCATE audit_head",
    ],
)
async def test_the_trail_is_added_to_and_never_changed(database, sql, granted):
    await acted(database)

    async with database.connection() as db:
        if granted:
            await db.execute("GRANT ALL ON audit_event, audit_head TO CURRENT_USER")
        with pytest.raises(
            (asyncpg.RaiseError, asyncpg.InsufficientPrivilegeError)
        ) as refused:
            await db.execute(sql)

    assert not granted or "stays done" in str(refused.value)
    assert await broken(database) is None


MANY = """
DO $$
DECLARE
    e audit_event;
    sealed bytea := sha256('payscope');
BEGIN
    FOR n IN 1..100000 LOOP
        e := (n, now(), 'M-01', 'payment.pay', n, 'accepted', 'payments-1',
            repeat('0', 32), '{"amount": 1000}', sealed, '');
        e.hash := audit_hash(e);
        INSERT INTO audit_event SELECT e.*;
        sealed := e.hash;
    END LOOP;
    UPDATE audit_head SET seq = 100000, hash = sealed;
END $$
"""
"""As the trigger would do it, in a tenth of the time."""


async def test_a_hundred_thousand_rows_are_checked_in_seconds(database):
    await tamper(database, MANY)

    async with asyncio.timeout(20):
        assert await broken(database) is None

    await tamper(database, "UPDATE audit_event SET actor = 'x' WHERE seq = 99000")
    assert await broken(database) == 99_000
