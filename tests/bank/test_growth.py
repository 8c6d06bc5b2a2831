"""A hundred thousand authorisations later, no statement reads a table from end to end."""

from uuid import uuid4

import pytest

from apps.bank.usecases import authorise, capture, expire, find, reverse, tell_held
from apps.kit.values import Cents
from tests.growing import ROWS, grown, reading_no_table_through

from .conftest import asked

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(240)]

GROWN = f"""
ALTER TABLE audit_event DISABLE TRIGGER USER;
CREATE TEMP TABLE many AS
    SELECT n, gen_random_uuid() AS id, now() - n * interval '1 min' AS at
    FROM generate_series(1, {ROWS}) n;
INSERT INTO account (card_token, currency, balance) SELECT id, 'EUR', 1000 FROM many;
INSERT INTO authorisation (authorisation_id, request_id, merchant_id, card_token, amount,
    currency, decision, network_code)
    SELECT id, id, 'M-01', id, 100, 'EUR', 'approved', '00' FROM many;
INSERT INTO hold SELECT id, 'captured', 100, 100, at FROM many;
INSERT INTO reversal SELECT id, id, 'void', at FROM many;
INSERT INTO audit_event SELECT -n, at, '', '', id, '', '', '', '{{}}', '', '' FROM many;
ALTER TABLE audit_event ENABLE TRIGGER USER;
"""  # noqa: S608  (a constant)


async def test_the_life_of_a_hold_reads_rows_and_no_tables(
    database, database_url, real_ports, clock, told
):
    await grown(database_url, GROWN)
    ports = real_ports

    async with reading_no_table_through(database, database_url):
        request, other, late = (asked(10_000) for _ in range(3))
        held = await authorise(request, ports)
        await authorise(request, ports)
        await capture(held.authorisation_id, Cents(10_000), ports)
        await authorise(other, ports)
        await reverse(other.request_id, "void", ports)
        await reverse(uuid4(), "timeout", ports)
        await authorise(late, ports)
        await tell_held(ports)
        clock.passes(days=8)
        await expire(ports)
        await find(late.request_id, ports)
        await tell_held(ports)


async def test_what_does_is_found(database, database_url, told):
    many = f"CREATE TABLE many AS SELECT FROM generate_series(1, {ROWS})"
    await grown(database_url, many)

    with pytest.raises(AssertionError, match="many"):
        async with reading_no_table_through(database, database_url):
            await rows_of(database)


async def rows_of(database):
    async with database.connection() as db:
        await db.fetch("SELECT count(*) FROM many")
