"""Each service keeps its own: no role can so much as connect to another's database."""

import re
from itertools import permutations

import asyncpg
import pytest

from .tables import ROOT

pytestmark = pytest.mark.postgres

SQL = (ROOT / "apps/databases.sql").read_text()
ROLES = re.findall(r"CREATE ROLE (\w+)", SQL)


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
