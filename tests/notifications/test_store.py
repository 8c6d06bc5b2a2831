"""What notifications' database keeps, and for how long."""

from datetime import timedelta
from uuid import UUID

import pytest

from apps.kit import forgetting
from apps.kit.database import Database
from apps.kit.forgetting import forget
from apps.notifications.events import job, notification
from apps.notifications.store import SCHEMA
from apps.notifications.store.notifications import PostgresStore
from apps.notifications.store.statements import KEPT_FOR, PURGE
from apps.notifications.usecases import of_payment

from .conftest import offered
from .fakes import NOW, FakeMerchants, authorised, hear, ports_of, work

pytestmark = pytest.mark.postgres

PAYMENTS = [UUID(int=each) for each in range(1, 6)]


@pytest.fixture
async def database(database_url):
    database = Database(database_url, SCHEMA)
    await database.start()
    yield database
    await database.stop()


async def test_what_ended_long_ago_is_forgotten_and_what_is_open_never(
    database, told, monkeypatch
):
    monkeypatch.setattr(forgetting, "CHUNK", 2)
    store = await offered(PostgresStore(database))
    ports = ports_of(store, FakeMerchants([204, 410, 204, 500, 204]))
    for payment in PAYMENTS:
        await hear(ports, authorised(payment=payment))
        kept = notification(authorised(payment=payment), "M-01/webhook", NOW, None)
        await work(ports, job(kept, NOW).data)
    old = "UPDATE notification SET created_at = now() - $1::interval"
    async with database.connection() as db:
        await db.execute(old, KEPT_FOR + timedelta(days=1))
        young = old + " WHERE payment_id = $2"
        await db.execute(young, KEPT_FOR - timedelta(days=1), PAYMENTS[-1])

    assert await forget(database, PURGE, KEPT_FOR) == 3

    left = [await of_payment(payment, None, ports) for payment in PAYMENTS]
    assert [len(each) for each in left] == [0, 0, 0, 1, 1]
    assert [len(each.attempts) for (each,) in left[3:]] == [1, 1]
