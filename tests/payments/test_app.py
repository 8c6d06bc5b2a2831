"""The HTTP face of payments."""

import httpx
import pytest

from apps.kit.server import BodyLimit, ServerTelemetry
from apps.kit.service import BODY_LIMIT, Service, app_of
from apps.payments.app import router
from tests.fakes import PAN, ids

BODY = {
    "pos_id": "POS-01",
    "card": {"number": "5204 4600 1000 0007", "expiry": "12/30"},
    "amount": 5_000,
    "currency": "EUR",
}


@pytest.fixture
async def client(ports):
    app = app_of(Service("payments", ports, router))
    transport = httpx.ASGITransport(ServerTelemetry(BodyLimit(app, BODY_LIMIT)))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


async def test_a_payment_is_answered_and_found_again(client, told):
    answer = await client.post("/payments", json=BODY)

    payment = answer.json()
    again = await client.get(f"/payments/{payment['payment_id']}")
    assert answer.status_code == 201
    assert answer.headers["location"] == payment["_links"]["self"]["href"]
    assert payment["trace_id"] == answer.headers["trace-id"]
    assert payment["card"] == {
        **payment["card"],
        "brand": "MASTERCARD",
        "last4": "0007",
    }
    assert again.json() == payment
    assert PAN.digits not in answer.text


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"amount": 9}, "/amount"),
        ({"amount": 100_000_000}, "/amount"),
        ({"amount": "5000"}, "/amount"),
        ({"amount": 50.5}, "/amount"),
        ({"amount": True}, "/amount"),
        ({"amount": -10}, "/amount"),
        ({"currency": "euro"}, "/currency"),
        ({"pos_id": ""}, "/pos_id"),
        ({"pos_id": "POS-99"}, "/pos_id"),
        ({"card": {"number": "5204460010000008", "expiry": "12/30"}}, "/card/number"),
        ({"card": {"number": PAN.digits, "expiry": "13/30"}}, "/card/expiry"),
        ({"card": {"number": int(PAN.digits), "expiry": "12/30"}}, "/card/number"),
        ({"card": PAN.digits}, "/card"),
        ({"card": {"number": PAN.digits, "expiry": "12/30", "cvv": "9"}}, "/card/?"),
        ({"tip": 5}, "/?"),
    ],
)
async def test_a_faulty_field_is_named_and_nothing_is_kept(
    client, store, told, change, pointer
):
    answer = await client.post("/payments", json=BODY | change)

    assert answer.status_code == 422
    assert [each["pointer"] for each in answer.json()["errors"]] == [pointer]
    assert store.histories == {}
    assert PAN.digits not in answer.text + told.everything()


async def test_the_smallest_amount_is_ten(client, told):
    assert (await client.post("/payments", json=BODY | {"amount": 10})).is_success


@pytest.mark.parametrize(("name", "status"), [(str(ids()), 404), ("abc", 422)])
async def test_what_is_not_there_is_a_problem(client, told, name, status):
    answer = await client.get(f"/payments/{name}")

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
