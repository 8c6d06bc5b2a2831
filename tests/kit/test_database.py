"""A service's own database: schema, transactions, and a span for each query."""

import asyncio

import asyncpg
import nats.errors
import pytest
from opentelemetry.trace import SpanKind, StatusCode

from apps.kit.commits import on_commit
from apps.kit.database import Database
from apps.kit.errors import DependencyUnavailable
from apps.kit.queries import summary
from apps.kit.signals import span, trace_id

needs_postgres = pytest.mark.postgres


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("SELECT a, b FROM pos WHERE x = $1", "SELECT pos"),
        ("\nINSERT INTO payment (a)\nVALUES ($1)", "INSERT payment"),
        ("UPDATE outbox SET x = 1", "UPDATE outbox"),
        ("COMMIT;", "COMMIT"),
        ("SELECT true", "SELECT"),
    ],
)
def test_a_query_is_named_by_verb_and_table(query, name):
    assert summary(query) == name


async def test_a_database_that_never_started_is_a_503(told):
    with pytest.raises(DependencyUnavailable):
        async with Database("postgresql://nowhere", ()).connection():
            pass


@pytest.fixture
def schema(tmp_path):
    (tmp_path / "001_thing.sql").write_text("CREATE TABLE thing (id int PRIMARY KEY)")
    return tmp_path


@pytest.fixture
async def database(database_url, schema):
    database = Database(database_url, [schema])
    await database.start()
    yield database
    await database.stop()


@span("test.ask")
async def ask(database, query, *args):
    async with database.transaction() as db:
        await db.execute(query, *args)


@needs_postgres
async def test_each_query_of_a_traced_caller_has_its_span(database, told):
    await ask(database, "INSERT INTO thing (id) VALUES ($1)", 5204460010000007 % 1000)

    made, around = told.span("INSERT thing"), told.span("test.ask")
    assert made.kind is SpanKind.CLIENT
    assert made.parent.span_id == around.context.span_id
    assert made.attributes["db.system.name"] == "postgresql"
    assert made.attributes["db.namespace"] == "payments"
    assert made.attributes["db.query.text"].endswith("($1)")
    assert told.counted("db.client.operation.duration") >= 1


@needs_postgres
async def test_nobody_is_told_of_queries_that_nobody_asked_for(database, told):
    async with database.connection() as db:
        await db.fetch("SELECT 1")

    assert told.spans == []


@needs_postgres
async def test_a_refused_query_fails_its_span(database, told):
    with pytest.raises(asyncpg.UndefinedTableError):
        await ask(database, "INSERT INTO nothing (id) VALUES (1)")

    made = told.span("INSERT nothing")
    assert made.status.status_code is StatusCode.ERROR
    assert made.attributes["error.type"] == "UndefinedTableError"


@needs_postgres
async def test_a_fault_inside_keeps_nothing(database, told):
    with pytest.raises(ValueError, match="no"):
        async with database.transaction() as db:
            await db.execute("INSERT INTO thing (id) VALUES (1)")
            raise ValueError("no")

    async with database.connection() as db:
        assert await db.fetchval("SELECT count(*) FROM thing") == 0


@needs_postgres
async def test_an_inner_transaction_joins_the_outer(database, told):
    async with database.transaction() as outer, database.transaction() as inner:
        assert inner is outer


@needs_postgres
async def test_what_waits_for_a_commit_happens_after_it_and_under_its_own_span(
    database, told
):
    seen = []

    async def look():
        async with database._pool.acquire() as other:
            return await other.fetchval("SELECT count(*) FROM thing")

    @span("test.inner")
    async def inner():
        async with database.transaction() as db:
            await db.execute("INSERT INTO thing (id) VALUES (1)")
            on_commit(lambda: seen.append(trace_id()))

    @span("test.outer")
    async def outer():
        async with database.transaction():
            await inner()
            assert (seen, await look()) == ([], 0)
        assert await look() == 1

    await outer()
    on_commit(lambda: seen.append("at once"))

    traced = told.span("test.inner").context.trace_id
    assert seen == [f"{traced:032x}", "at once"]


@needs_postgres
@pytest.mark.parametrize("fault", [ValueError, DependencyUnavailable])
async def test_what_waits_for_a_commit_that_never_comes_never_happens(
    database, told, fault
):
    seen = []
    with pytest.raises(fault):
        async with database.transaction():
            on_commit(lambda: seen.append("kept"))
            raise fault

    async with database.transaction():
        pass

    assert seen == []


@needs_postgres
async def test_what_fails_after_a_commit_takes_nothing_from_what_is_kept(
    database, told
):
    seen = []
    async with database.transaction() as db:
        await db.execute("INSERT INTO thing (id) VALUES (1)")
        on_commit(lambda: seen.append("first"))
        on_commit(lambda: 1 / 0)
        on_commit(lambda: seen.append("last"))

    assert seen == ["first", "last"]
    assert told.event("commit.call_failed")["error.type"] == "ZeroDivisionError"
    async with database.connection() as db:
        assert await db.fetchval("SELECT count(*) FROM thing") == 1


@needs_postgres
async def test_a_task_that_outlives_its_transaction_waits_for_nothing(database, told):
    seen, over = [], asyncio.Event()

    async def tell_later():
        await over.wait()
        on_commit(lambda: seen.append("later"))

    async with database.transaction():
        task = asyncio.create_task(tell_later())
        await asyncio.sleep(0)
    over.set()
    await task

    assert seen == ["later"]


@needs_postgres
async def test_many_replicas_starting_at_once_apply_each_file_once(
    database_url, schema, told
):
    replicas = [Database(database_url, [schema], size=2) for _ in range(5)]

    await asyncio.gather(*(replica.start() for replica in replicas))

    async with replicas[0].connection() as db:
        assert await db.fetchval("SELECT count(*) FROM schema_history") == 1
    for replica in replicas:
        assert await replica.is_ready()
        await replica.stop()


@needs_postgres
async def test_a_pool_in_full_use_is_told_apart_from_a_server_that_is_away(
    database_url, told, monkeypatch
):
    monkeypatch.setattr("apps.kit.database.LENT_WITHIN_S", 0.05)
    database = Database(database_url, (), size=2)
    await database.start()

    async with database.connection(), database.connection():
        with pytest.raises(DependencyUnavailable, match="busy"):
            async with database.connection():
                pass
        await database.measure()

    assert told.event("database.busy")["db.client.connection.pool.name"] == "payments"
    assert told.events("database.away") == []
    assert told.counted("db.client.connection.timeouts") == 1
    count = "db.client.connection.count"
    assert told.measured(count, db_client_connection_state="used") == 2
    await database.measure()
    assert told.measured(count, db_client_connection_state="used") == 0
    await database.stop()


@needs_postgres
async def test_a_server_that_goes_away_is_no_busy_pool(database, told):
    with pytest.raises(DependencyUnavailable, match="away"):
        async with database.connection() as db:
            await db.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    assert told.event("database.away")
    assert told.events("database.busy") == []
    assert told.counted("db.client.connection.timeouts") == 0


@needs_postgres
async def test_a_slow_query_is_no_busy_pool(database_url, told):
    database = Database(database_url, (), size=2)
    await database.start()

    with pytest.raises(DependencyUnavailable, match="away"):
        async with database.connection(), database.connection() as db:
            await db.execute("SELECT pg_sleep(10)", timeout=0.05)

    assert told.events("database.busy") == []
    assert told.event("database.away")["error.type"] == "TimeoutError"
    await database.stop()


@needs_postgres
@pytest.mark.parametrize("silence", [nats.errors.TimeoutError, ConnectionResetError])
async def test_the_silence_of_another_is_not_the_servers(database, told, silence):
    for borrowed in (database.connection, database.transaction):
        with pytest.raises(silence):
            async with borrowed() as db:
                await db.fetchval("SELECT true")
                raise silence

    assert told.events("database.away") == []
    assert await database.is_ready()
