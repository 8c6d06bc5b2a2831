"""Each service keeps its own: no role can so much as connect to another's database."""

import re
from itertools import permutations

import asyncpg
import pytest

from .tables import ROOT

pytestmark = pytest.mark.postgres

SQL = (ROOT / "apps/databases.sql").read_text()
ROLES = re.findall(r"CREATE DATABASE (\w+)", SQL)
WATCHER = "monitor"


def url(port, role, database):
    return f"postgresql://{role}:{role}@127.0.0.1:{port}/{database}"


@pytest.mark.parametrize(("role", "other"), list(permutations(ROLES, 2)))
async def test_a_role_is_refused_at_anothers_database(postgres_port, role, other):
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await asyncpg.connect(url(postgres_port, role, other))


@pytest.mark.parametrize("role", ROLES)
async def test_a_role_is_let_in_at_its_own(postgres_port, role):
    connection = await asyncpg.connect(url(postgres_port, role, role))

    assert await connection.fetchval("SELECT current_user") == role
    await connection.close()


def test_one_role_alone_owns_nothing():
    assert {*re.findall(r"CREATE ROLE (\w+)", SQL)} == {*ROLES, WATCHER}


@pytest.fixture(params=ROLES)
async def kept(request, postgres_port):
    """A database with a table, as its own role and who watches it see it."""
    owner, watcher = [
        await asyncpg.connect(url(postgres_port, role, request.param))
        for role in (request.param, WATCHER)
    ]
    await owner.execute("GRANT USAGE ON SCHEMA public TO PUBLIC")  # as it is at first
    await owner.execute("CREATE TABLE IF NOT EXISTS secret (word text)")
    yield watcher
    await watcher.close()
    await owner.execute("DROP TABLE secret")
    await owner.close()


async def test_who_watches_sees_statistics_and_no_row(kept):
    counted = "SELECT count(*) FROM pg_stat_user_tables WHERE relname = 'secret'"
    assert await kept.fetchval(counted) == 1
    assert await kept.fetchval("SELECT pg_database_size(current_database())") > 0
    for denied in (
        "SELECT * FROM secret",
        "INSERT INTO secret VALUES ('x')",
        "CREATE TABLE mine (word text)",
        "CREATE TEMPORARY TABLE mine (word text)",
        "SELECT pg_read_file('postgresql.conf')",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await kept.execute(denied)
