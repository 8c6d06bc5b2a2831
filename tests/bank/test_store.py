"""What PostgreSQL refuses to keep, and what became of older databases."""

import shutil
from dataclasses import astuple
from uuid import uuid4

import asyncpg
import pytest

from apps.bank.domain.holds import HoldState
from apps.bank.ports import Ports
from apps.bank.store import SCHEMA, PostgresStore
from apps.bank.usecases import InvalidState, authorise, capture, expire, reverse
from apps.kit.database import Database
from apps.kit.values import Cents

from .conftest import OPENING, TERMS, asked, money, rows

pytestmark = pytest.mark.postgres

OLDER = "INSERT INTO authorisation VALUES ($1, $2, $3, $4, $5, $6, $7, now())"


@pytest.fixture
def ports(real_ports):
    return real_ports


@pytest.mark.parametrize(
    "lie",
    [
        "UPDATE account SET held = -1",
        "UPDATE account SET balance = -1, held = 0",
        "UPDATE account SET held = balance + 1",
        "UPDATE hold SET state = 'forgotten'",
        "UPDATE hold SET captured = 1",
        "UPDATE hold SET state = 'captured'",
        "UPDATE hold SET state = 'captured', captured = amount + 1",
        "UPDATE hold SET state = 'tombstone'",
        "UPDATE hold SET expires_at = NULL",
        "UPDATE hold SET amount = 0",
        "UPDATE authorisation SET network_code = '99'",
        "UPDATE authorisation SET network_code = '51'",
        "UPDATE authorisation SET decision = 'refused'",
        "UPDATE authorisation SET amount = 0",
        "UPDATE authorisation SET merchant_id = NULL",
        "UPDATE authorisation SET merchant_id = NULL, card_token = NULL,"
        " amount = NULL, currency = NULL",
    ],
)
async def test_the_tables_refuse_what_cannot_be(ports, told, lie):
    await authorise(asked(30_000), ports)

    with pytest.raises(asyncpg.CheckViolationError):
        await rows(ports, lie)


async def test_a_request_has_one_authorisation_and_one_reversal(ports, told):
    request = asked(30_000)
    await authorise(request, ports)
    await reverse(request.request_id, "void", ports)
    again = "INSERT INTO reversal SELECT $1, request_id, reason, now() FROM reversal"
    other = (
        "INSERT INTO authorisation SELECT $1, request_id, merchant_id, card_token,"
        " amount, currency, decision, now(), network_code FROM authorisation"
    )

    for query in (again, other):
        with pytest.raises(asyncpg.UniqueViolationError):
            await rows(ports, query, uuid4())


async def test_a_capture_that_is_refused_keeps_nothing(ports, told):
    request = asked(40_001)
    refused = await authorise(request, ports)
    before = await rows(ports, "SELECT * FROM standing")

    with pytest.raises(InvalidState):
        await capture(refused.authorisation_id, Cents(1), ports)

    assert await rows(ports, "SELECT * FROM standing") == before
    assert len(await rows(ports, "SELECT 1 FROM audit_event")) == 1


async def test_more_overdue_holds_than_one_look_finds_all_expire(
    ports, clock, told, monkeypatch
):
    monkeypatch.setattr("apps.bank.usecases.BATCH", 2)
    card = uuid4()
    for _ in range(5):
        await authorise(asked(10_000, card), ports)
    clock.passes(days=8)

    await expire(ports)

    states = await rows(ports, "SELECT DISTINCT state FROM hold")
    assert [row["state"] for row in states] == [HoldState.EXPIRED]
    assert await money(asked(1, card), ports) == (OPENING, 0)


async def test_an_expiry_is_a_trace_of_its_own_linked_to_the_request(
    ports, clock, told
):
    await authorise(asked(10_000), ports)
    clock.passes(days=7)
    await expire(ports)

    asked_in = told.span("bank.authorise").context
    expiry = told.span("bank.expire")
    assert expiry.context.trace_id != asked_in.trace_id
    assert [link.context.trace_id for link in expiry.links] == [asked_in.trace_id]


async def test_an_older_database_keeps_its_answers_and_holds_nothing(
    database_url, clock, tmp_path, told
):
    first = tmp_path / "schema"
    first.mkdir()
    shutil.copy(SCHEMA[-1] / "001_authorisation.sql", first)
    older = Database(database_url, [first])
    await older.start()
    yes, no = asked(30_000), asked(40_001)
    async with older.connection() as db:
        for request, verdict in ((yes, "approved"), (no, "refused")):
            values = (uuid4(), *astuple(request), verdict)
            await db.execute(OLDER, *values)
    await older.stop()

    newer = Database(database_url, SCHEMA)
    await newer.start()
    ports = Ports(PostgresStore(newer), TERMS, new_id=uuid4, clock=clock)
    answers = [await authorise(request, ports) for request in (yes, no)]
    await newer.stop()

    assert [answer.code for answer in answers] == ["00", "05"]
    assert [answer.hold_state for answer in answers] == [None, None]
