"""What notifications can be asked to do."""

from uuid import uuid4

import pytest

from apps.kit.database import Database
from apps.notifications.domain import Notification
from apps.notifications.store import SCHEMA, PostgresStore
from apps.notifications.usecases import Ports, of_payment, record
from tests.fakes import FakeNotifications


@pytest.fixture(params=["fake", pytest.param("postgres", marks=pytest.mark.postgres)])
async def ports(request):
    if request.param == "fake":
        yield Ports(FakeNotifications())
        return
    database = Database(request.getfixturevalue("database_url"), SCHEMA)
    await database.start()
    yield Ports(PostgresStore(database))
    await database.stop()


async def test_a_merchant_is_told_of_its_own_payments_only(ports, told):
    mine = Notification(uuid4(), "M-01", "authorised")
    other = Notification(uuid4(), "M-02", "declined")

    for each in (mine, other):
        await record(each, ports)

    assert list(await of_payment(mine.payment_id, ports)) == [mine]
    assert told.counted("notifications.recorded", payment_verdict="declined") == 1
