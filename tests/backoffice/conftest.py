"""The back office on the fake and on PostgreSQL: the same tests for both."""

import pytest

from apps.backoffice.ports import Ports
from apps.backoffice.store import SCHEMA
from apps.backoffice.store.alerts import PostgresAlerts
from apps.backoffice.store.offsets import PostgresOffsets
from apps.backoffice.store.projections import PostgresProjections
from apps.backoffice.store.views import PostgresViews
from apps.kit.database import Database
from tests.backoffice.fakes import KEY, FakeLetters, FakeStream, fake_ports
from tests.backoffice.histories import NOW


@pytest.fixture
async def database(database_url):
    database = Database(database_url, SCHEMA)
    await database.start()
    yield database
    await database.stop()


def kept_in(database, stream, clock=lambda: NOW):
    return Ports(
        PostgresProjections(database),
        PostgresOffsets(database),
        PostgresViews(database),
        stream,
        FakeLetters(),
        PostgresAlerts(database),
        KEY,
        clock,
    )


@pytest.fixture(params=["fake", pytest.param("postgres", marks=pytest.mark.postgres)])
async def ports(request):
    if request.param == "fake":
        yield fake_ports()
        return
    database = Database(request.getfixturevalue("database_url"), SCHEMA)
    await database.start()
    yield kept_in(database, FakeStream())
    await database.stop()
