"""What the back office can be asked to do."""

from dataclasses import replace
from uuid import uuid4

import pytest

from apps.backoffice.domain import PaymentView
from apps.backoffice.store import SCHEMA, PostgresStore
from apps.backoffice.usecases import Ports, UnknownPayment, find, project
from apps.kit.database import Database
from apps.kit.values import Cents
from tests.fakes import NOW, FakeViews

VIEW = PaymentView(
    payment_id=uuid4(),
    merchant_id="M-01",
    pos_id="POS-01",
    brand="VISA",
    last4="1111",
    amount=Cents(5_000),
    currency="EUR",
    status="authorised",
    response_code="ACCEPTED",
    processing_mode="STANDARD",
    created_at=NOW,
    trace_id="0" * 31 + "1",
)


@pytest.fixture(params=["fake", pytest.param("postgres", marks=pytest.mark.postgres)])
async def ports(request):
    if request.param == "fake":
        yield Ports(FakeViews())
        return
    database = Database(request.getfixturevalue("database_url"), SCHEMA)
    await database.start()
    yield Ports(PostgresStore(database))
    await database.stop()


async def test_a_payment_is_shown_as_its_latest_event_tells_it(ports, told):
    await project(VIEW, ports)
    latest = replace(VIEW, status="declined", response_code="AMOUNT_EXCEEDED")
    await project(latest, ports)

    assert await find(VIEW.payment_id, ports) == latest
    assert (
        told.counted("backoffice.payments.projected", payment_verdict="declined") == 1
    )


async def test_a_payment_that_no_event_told_of_is_unknown(ports, told):
    with pytest.raises(UnknownPayment):
        await find(uuid4(), ports)
