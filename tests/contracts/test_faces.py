"""The hearers' HTTP faces: what they keep can be read back."""

import inspect
from uuid import uuid4

import httpx
import pytest

from apps.backoffice import app as backoffice
from apps.backoffice.usecases.projecting import project
from apps.bank import app as bank
from apps.fraud import app as fraud
from apps.gateway import app as gateway
from apps.kit.service import Service, app_of
from apps.kit.testing import HOUSE, Doorman
from apps.notifications import app as notifications
from apps.payments import app as payments
from tests.backoffice.fakes import fake_ports
from tests.backoffice.histories import heard, life


def face(name, ports, router):
    app = app_of(Service(name, ports, router, tokens=Doorman()))
    transport = httpx.ASGITransport(app)
    return httpx.AsyncClient(transport=transport, base_url="http://test", headers=HOUSE)


async def test_the_back_office_shows_a_payment(told):
    ports, (event,) = fake_ports(), heard(life(1, "declined"))
    await project([event], ports)
    payment_id = event.says.payment_id
    async with face("backoffice", ports, backoffice.router) as client:
        shown = (await client.get(f"/payments/{payment_id}")).json()
        unknown = await client.get(f"/payments/{uuid4()}")

    assert shown["payment_id"] == str(payment_id)
    assert shown["amount"] == event.says.amount
    assert unknown.status_code == 404


@pytest.mark.parametrize(
    "router",
    [
        gateway.router,
        payments.router,
        bank.router,
        fraud.router,
        backoffice.router,
        notifications.router,
    ],
    ids=["gateway", "payments", "bank", "fraud", "backoffice", "notifications"],
)
def test_no_request_waits_for_a_thread(router):
    """FastAPI runs plain functions in a thread pool; ours are all async."""
    called = [call for route in routes(router) for call in calls(route.dependant)]

    assert called
    assert all(is_async(call) for call in called)


def is_async(call):
    """A function, or an object that is called as one."""
    return any(map(inspect.iscoroutinefunction, (call, type(call).__call__)))


def routes(router):
    """The routes of a router, and of those that it includes."""
    for route in router.routes:
        included = getattr(route, "original_router", None)
        yield from routes(included) if included else [route]


def calls(dependant):
    """The endpoint, and every dependency below it."""
    below = [call for each in dependant.dependencies for call in calls(each)]
    return [dependant.call, *below]
