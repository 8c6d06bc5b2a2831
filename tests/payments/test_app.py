"""The HTTP face of payments."""

import httpx
import pytest

from apps.kit.server import Bodies, ServerTelemetry
from apps.kit.service import BODY_LIMIT, Service, app_of
from apps.payments.app import router
from tests.fakes import PAN, ids

KEY = "order-4711:first-try"
BODY = {
    "pos_id": "POS-01",
    "card": {"number": "5204 4600 1000 0007", "expiry": "12/30"},
    "amount": 5_000,
    "currency": "EUR",
}


@pytest.fixture
async def client(ports):
    app = app_of(Service("payments", ports, router))
    transport = httpx.ASGITransport(ServerTelemetry(Bodies(app, BODY_LIMIT)))
    async with httpx.AsyncClient(
        transport=transport, base_url="http://test", headers={"Idempotency-Key": KEY}
    ) as client:
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
        ({"pos_id": "POS\x00"}, "/pos_id"),
        ({"pos_id": "POS-99"}, "/pos_id"),
        ({"card": {"number": "5204460010000008", "expiry": "12/30"}}, "/card/number"),
        ({"card": {"number": PAN.digits, "expiry": "13/30"}}, "/card/expiry"),
        ({"card": {"number": int(PAN.digits), "expiry": "12/30"}}, "/card/number"),
        ({"card": PAN.digits}, "/card"),
        ({"card": {"number": PAN.digits, "expiry": "12/30", "cvv": "9"}}, "/card/cvv"),
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


@pytest.mark.parametrize(("name", "status"), [(str(ids()), 404), ("abc", 400)])
async def test_what_is_not_there_is_a_problem(client, told, name, status):
    answer = await client.get(f"/payments/{name}")

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


async def test_asked_again_the_answer_is_the_same_byte_for_byte(client, store, told):
    first = await client.post("/payments", json=BODY)
    again = await client.post("/payments", json=dict(reversed(BODY.items())))

    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again.headers["location"] == first.headers["location"]
    assert again.headers["idempotent-replayed"] == "true"
    assert again.headers["idempotency-first-request-at"].endswith("Z")
    assert "idempotent-replayed" not in first.headers
    assert len(store.histories) == 1


@pytest.mark.parametrize(
    ("written", "status", "code"),
    [
        ([], 400, "idempotency-key-missing"),
        (["short"], 400, "idempotency-key-malformed"),
        (["x" * 256], 400, "idempotency-key-malformed"),
        (["white space is none"], 400, "idempotency-key-malformed"),
        (['"unbalanced-quotes-x'], 400, "idempotency-key-malformed"),
        (["a" * 20, "b" * 20], 400, "idempotency-key-malformed"),
        (['"quoted-is-fine-too-x"'], 201, None),
        (["x" * 255], 201, None),
    ],
)
async def test_a_key_has_its_shape(client, store, told, written, status, code):
    del client.headers["Idempotency-Key"]
    headers = [("Idempotency-Key", each) for each in written]

    answer = await client.post("/payments", json=BODY, headers=headers)

    assert answer.status_code == status
    assert answer.json().get("code") == code
    assert len(store.histories) == (status == 201)


async def test_a_faulty_body_does_not_use_the_key_up(client, told):
    faulty = await client.post("/payments", json=BODY | {"amount": 9})
    mended = await client.post("/payments", json=BODY)

    assert (faulty.status_code, mended.status_code) == (422, 201)
    assert "idempotent-replayed" not in mended.headers


async def test_a_key_used_for_another_order_is_refused(client, store, told):
    await client.post("/payments", json=BODY)

    answer = await client.post("/payments", json=BODY | {"amount": 6_000})

    assert answer.status_code == 422
    assert answer.json()["code"] == "idempotency-key-reused"
    assert len(store.histories) == 1
