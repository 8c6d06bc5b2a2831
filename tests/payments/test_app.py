"""The HTTP face of payments."""

import httpx
import pytest

from apps.kit.auth import SCOPES, Caller
from apps.kit.bodies import Bodies
from apps.kit.server import ServerTelemetry
from apps.kit.service import BODY_LIMIT, Service, app_of
from apps.kit.testing import Doorman
from apps.payments.app import router
from apps.payments.app.bodies import links
from apps.payments.domain.changes import (
    PaymentCaptured,
    PaymentRefunded,
    PaymentVoided,
)
from apps.payments.domain.life import TRANSITIONS
from apps.payments.domain.payment import Status
from apps.payments.ports import BankRefuses
from tests.fakes import PAN, TERMINALS, ids
from tests.payments.domain.lives import WAYS, lived
from tests.payments.paying import finished, fresh_key

KEY = "order-4711:first-try"
EVERYTHING = Caller("house", frozenset(SCOPES))
BODY = {
    "pos_id": "POS-01",
    "card": {"number": "5204 4600 1000 0007", "expiry": "12/30"},
    "amount": 5_000,
    "currency": "EUR",
}


@pytest.fixture
async def client(ports):
    app = app_of(Service("payments", ports, router, tokens=Doorman()))
    transport = httpx.ASGITransport(ServerTelemetry(Bodies(app, BODY_LIMIT)))
    async with httpx.AsyncClient(
        transport=transport,
        base_url="http://test",
        headers={"Idempotency-Key": KEY, "Authorization": "Bearer house"},
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
        ({"card": {"number": PAN.digits, "expiry": "12/30", "cvv": 123}}, "/card/cvv"),
        ({"card": {"number": PAN.digits, "expiry": "12/30", "pin": "9"}}, "/card/?"),
        ({"currency": "USD"}, "/currency"),
        ({"capture": "later"}, "/capture"),
        ({"merchant_reference": ""}, "/merchant_reference"),
        ({"merchant_reference": "x" * 65}, "/merchant_reference"),
        ({"merchant_reference": "two words"}, "/merchant_reference"),
        ({"merchant_reference": PAN.digits}, "/merchant_reference"),
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


LINKS = {
    "capture": PaymentCaptured,
    "void": PaymentVoided,
    "refund": PaymentRefunded,
}
"""What can be asked for, and what would then happen."""


@pytest.mark.parametrize("state", Status)
def test_links_hold_what_can_be_done_in_a_state_and_nothing_else(state):
    found = links(lived(WAYS[state]).payment, EVERYTHING)

    allowed = {name for name, event in LINKS.items() if state in TRANSITIONS[event]}
    assert set(found) == {"self", "events", *allowed}
    for name in allowed:
        assert found[name]["method"] == "POST"
        assert found[name]["href"].startswith(found["self"]["href"])


async def pays(client, **changes):
    """A payment of its own key."""
    headers = {"Idempotency-Key": fresh_key()}
    answer = await client.post("/payments", json=BODY | changes, headers=headers)
    return answer.json()


async def move(client, payment, kind, body=None, key=None):
    path = f"/payments/{payment['payment_id']}/{kind}"
    headers = {"Idempotency-Key": key or fresh_key()}
    return await client.post(path, json=body, headers=headers)


async def test_links_can_be_followed(client, told):
    """Along the way of a payment, each link leads to the next."""
    payment = await pays(client, amount=15_000)

    for step, status in (("capture", "captured"), ("refund", "refunded")):
        href = payment["_links"][step]["href"].removeprefix("/api/v1")
        headers = {"Idempotency-Key": fresh_key()}
        moved = (await client.post(href, headers=headers)).json()
        payment = moved["payment"]
        assert (payment["status"], moved["kind"]) == (status, step)
        assert moved["amount"] == 15_000
    assert set(payment["_links"]) == {"self", "events"}
    events = (
        await client.get(payment["_links"]["events"]["href"].removeprefix("/api/v1"))
    ).json()["events"]
    assert [event["seq"] for event in events] == [1, 2, 3, 4, 5]
    assert [event["type"] for event in events][-2:] == [
        "PaymentCaptured",
        "PaymentRefunded",
    ]


async def test_a_movement_is_answered_again_to_the_byte(client, told):
    payment, key = await pays(client), fresh_key()

    first = await move(client, payment, "captures", {"amount": 3_000}, key)
    again = await move(client, payment, "captures", {"amount": 3_000}, key)
    other = await move(client, payment, "captures", {"amount": 3_001}, key)

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again.headers["idempotent-replayed"] == "true"
    assert first.headers["location"] == payment["_links"]["self"]["href"]
    assert first.json()["payment"]["captured"] == 3_000
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")


@pytest.mark.parametrize(
    ("kind", "body", "status", "code"),
    [
        ("refunds", None, 409, "invalid-state"),
        ("captures", {"amount": 5_001}, 422, "amount-exceeds-authorised"),
    ],
)
async def test_a_refused_movement_is_refused_again_to_the_byte(
    client, told, kind, body, status, code
):
    payment, key = await pays(client), fresh_key()

    first = await move(client, payment, kind, body, key)
    await move(client, payment, "captures")
    again = await move(client, payment, kind, body, key)

    assert (first.status_code, first.json()["code"]) == (status, code)
    assert again.status_code == status
    assert again.headers["content-type"] == "application/problem+json"
    assert again.headers["idempotent-replayed"] == "true"
    assert again.json() | {"trace_id": "", "instance": ""} == first.json() | {
        "trace_id": "",
        "instance": "",
    }


@pytest.mark.parametrize(
    ("kind", "body", "pointer"),
    [
        ("captures", {"amount": 0}, "/amount"),
        ("captures", {"amount": -5}, "/amount"),
        ("captures", {"amount": "5"}, "/amount"),
        ("captures", {"amount": 1.5}, "/amount"),
        ("refunds", {"amount": 100_000_000}, "/amount"),
        ("refunds", {"why": "no"}, "/?"),
        ("voids", {"amount": 100}, "/?"),
    ],
)
async def test_a_faulty_movement_moves_nothing(client, told, kind, body, pointer):
    payment = await pays(client)

    answer = await move(client, payment, kind, body)

    assert answer.status_code == 422
    assert [each["pointer"] for each in answer.json()["errors"]] == [pointer]
    now = await client.get(f"/payments/{payment['payment_id']}")
    assert now.json() == payment


async def test_a_movement_needs_a_key_and_a_payment(client, told):
    payment = await pays(client)
    del client.headers["Idempotency-Key"]

    keyless = await client.post(f"/payments/{payment['payment_id']}/voids")
    unknown = await move(client, {"payment_id": str(ids())}, "voids")
    garbled = await move(client, {"payment_id": "abc"}, "voids")

    assert keyless.json()["code"] == "idempotency-key-missing"
    assert unknown.status_code == 404
    assert garbled.status_code == 400


async def test_what_has_not_changed_is_not_sent_again(client, told):
    payment = await pays(client)
    path = f"/payments/{payment['payment_id']}"
    first = await client.get(path)
    etag = first.headers["etag"]

    same = await client.get(path, headers={"If-None-Match": f'"0", {etag}'})
    await move(client, payment, "captures")
    changed = await client.get(path, headers={"If-None-Match": etag})

    assert (same.status_code, same.content) == (304, b"")
    assert same.headers["etag"] == etag
    assert changed.status_code == 200
    assert changed.headers["etag"] != etag


async def test_at_the_callers_deadline_the_answer_is_pending(client, bank, told):
    late = {"Request-Timeout-Ms": "50"}

    answer = await client.post(
        "/payments", json=BODY | {"amount": 15_000}, headers=late
    )

    assert answer.status_code == 202
    assert answer.json()["status"] == "pending"
    assert answer.json()["authorisation"] is None
    assert answer.headers["location"] == answer.json()["_links"]["self"]["href"]
    assert set(answer.json()["_links"]) == {"self", "events"}


async def test_payments_are_listed_page_by_page(client, told):
    made = [(await pays(client))["payment_id"] for _ in range(3)]
    elsewhere = await pays(client, pos_id="POS-03")

    first = (await client.get("/payments?limit=3")).json()
    href = first["_links"]["next"]["href"].removeprefix("/api/v1")
    second = (await client.get(href)).json()

    pages = [each["payment_id"] for each in first["payments"] + second["payments"]]
    assert pages == [elsewhere["payment_id"], *made[::-1]]
    assert second["next"] is None
    declined = (await client.get("/payments?status=declined")).json()["payments"]
    assert [each["payment_id"] for each in declined] == [elsewhere["payment_id"]]
    assert (await client.get("/payments?pos_id=POS-01")).json()["payments"][0][
        "payment_id"
    ] == made[-1]


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=101",
        "limit=many",
        "status=lost",
        "cursor=abc",
        "from=yesterday",
        "to=0.5",
        "to=2026-03-01T12:00:00",
        "pos_id=%00",
    ],
)
async def test_a_faulty_query_is_named(client, told, query):
    answer = await client.get(f"/payments?{query}")

    assert answer.status_code == 400
    assert answer.json()["code"] == "validation-failed"
    assert answer.json()["errors"][0]["pointer"].endswith(query.partition("=")[0])


async def test_a_page_keeps_to_what_was_asked_for(client, told):
    """The next page of the declined is of the declined."""
    for _ in range(3):
        await pays(client, pos_id="POS-03")
        await pays(client)

    first = (await client.get("/payments?limit=2&status=declined")).json()
    href = first["_links"]["next"]["href"].removeprefix("/api/v1")
    second = (await client.get(href)).json()

    shown = first["payments"] + second["payments"]
    assert [each["status"] for each in shown] == ["declined"] * 3


async def test_terminals_and_cards_are_shown_for_a_while(client, told):
    await pays(client)

    terminals = await client.get("/pos")
    cards = await client.get("/cards")

    assert {each["pos_id"] for each in terminals.json()} == set(TERMINALS)
    assert [each["last4"] for each in cards.json()] == ["0007"]
    for answer in (terminals, cards):
        assert answer.headers["cache-control"] == "private, max-age=30"
    assert PAN.digits not in cards.text


@pytest.mark.parametrize("cvv", ["771", "7713"])
async def test_the_verification_value_is_taken_and_leaves_no_trace(
    client, store, told, cvv
):
    card = BODY["card"] | {"cvv": f"{cvv}"}
    answer = await client.post("/payments", json=BODY | {"card": card})
    found = await client.get(f"/payments/{answer.json()['payment_id']}/events")
    faulty = await client.post(
        "/payments", json=BODY | {"card": BODY["card"] | {"cvv": "77135"}}
    )

    assert (answer.status_code, faulty.status_code) == (201, 422)
    kept = (store.histories, store.rows, store.events, store.claims)
    for text in (answer.text, found.text, faulty.text, repr(kept)):
        assert 'cvv":' not in text.lower()
    assert "77135" not in faulty.text + told.everything()


async def test_a_reference_that_is_taken_is_a_problem(client, told):
    await pays(client, merchant_reference="order-4711")
    key = {"Idempotency-Key": fresh_key()}
    body = BODY | {"merchant_reference": "order-4711"}

    first, again = [
        await client.post("/payments", json=body, headers=key) for _ in range(2)
    ]

    assert (first.status_code, first.json()["code"]) == (409, "duplicate-reference")
    assert again.status_code == 409
    assert again.json()["code"] == "duplicate-reference"
    assert "location" not in again.headers  # there is no payment under this key


async def test_operators_see_what_is_stuck_and_have_it_tried_again(
    client, ports, bank, told
):
    body = {**BODY, "amount": 15_000, "capture": "automatic"}
    payment = (await client.post("/payments", json=body)).json()
    await finished(ports)

    async def refuses(*_):
        raise BankRefuses("invalid-state")

    bank.capture = refuses
    await finished(ports)

    (found,) = (await client.get("/ops/steps")).json()
    again = f"/ops/steps/{payment['payment_id']}/bank_capture/retry"
    answers = [await client.post(again) for _ in range(2)]

    assert (found["payment_id"], found["error"]) == (
        payment["payment_id"],
        "invalid-state",
    )
    assert [answer.status_code for answer in answers] == [202, 404]
