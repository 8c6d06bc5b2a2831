"""The HTTP face of the bank."""

from uuid import uuid4

import httpx
import pytest

from apps.bank.app import router
from apps.kit.auth import SCOPES
from apps.kit.bodies import Bodies
from apps.kit.server import ServerTelemetry
from apps.kit.service import BODY_LIMIT, Service, app_of
from apps.kit.testing import HOUSE, Doorman

PAN = "5204460010000007"


@pytest.fixture
async def client(fake_ports):
    app = app_of(Service("bank", fake_ports, router, tokens=Doorman()))
    transport = httpx.ASGITransport(ServerTelemetry(Bodies(app, BODY_LIMIT)))
    async with httpx.AsyncClient(
        transport=transport, base_url="http://test", headers=HOUSE
    ) as client:
        yield client


def question(amount=30_000, **other):
    return {
        "request_id": str(uuid4()),
        "merchant_id": "M-01",
        "card_token": str(uuid4()),
        "amount": amount,
        "currency": "EUR",
        **other,
    }


async def asked(client, amount=30_000):
    answer = await client.post("/authorisations", json=question(amount))
    assert answer.status_code == 201
    return answer.json()


async def reversed_(client, request_id):
    body = {"request_id": request_id, "reason": "timeout"}
    return await client.post("/reversals", json=body)


async def captured(client, authorisation_id, amount):
    path = f"/authorisations/{authorisation_id}/captures"
    return await client.post(path, json={"amount": amount})


def problem(answer):
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


@pytest.mark.parametrize(
    ("amount", "approved", "code", "state"),
    [
        (1, True, "00", "held"),
        (40_000, True, "00", "held"),
        (40_001, False, "61", None),
        (99_999_999, False, "61", None),
    ],
)
async def test_the_bank_says_yes_or_no(client, told, amount, approved, code, state):
    body = question(amount)

    answer = await client.post("/authorisations", json=body)

    assert answer.status_code == 201
    assert answer.json() == {
        "authorisation_id": answer.json()["authorisation_id"],
        "request_id": body["request_id"],
        "approved": approved,
        "network_code": code,
        "hold_state": state,
    }


async def test_what_was_said_can_be_asked_for(client, told):
    said = await asked(client)
    where = {"request_id": said["request_id"]}

    answer = await client.get("/authorisations", params=where)
    unknown = await client.get("/authorisations", params={"request_id": str(uuid4())})

    assert (answer.status_code, answer.json()) == (200, said)
    assert problem(unknown) == (404, "not-found")


@pytest.mark.parametrize("query", [{}, {"request_id": "abc"}, {"request_id": PAN}])
async def test_an_id_that_is_none_is_a_problem_and_not_repeated(client, told, query):
    answer = await client.get("/authorisations", params=query)

    assert problem(answer) == (400, "validation-failed")
    assert PAN not in answer.text


async def test_a_capture_is_answered_alike_when_it_is_asked_again(client, told):
    said = await asked(client)

    answers = [
        await captured(client, said["authorisation_id"], 20_000) for _ in range(2)
    ]

    assert [answer.status_code for answer in answers] == [201, 201]
    for answer in answers:
        assert answer.json() == {
            "authorisation_id": said["authorisation_id"],
            "hold_state": "captured",
            "captured": 20_000,
        }


async def test_a_capture_of_too_much_names_the_amount(client, told):
    said = await asked(client)

    answer = await captured(client, said["authorisation_id"], 30_001)

    assert problem(answer) == (422, "amount-exceeds-authorised")
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/amount"]


async def test_what_ended_is_not_captured_and_what_nobody_knows_is_not_there(
    client, told
):
    said = await asked(client)
    await reversed_(client, said["request_id"])

    ended = await captured(client, said["authorisation_id"], 1)
    unknown = await captured(client, uuid4(), 1)
    nonsense = await captured(client, "abc", 1)

    assert problem(ended) == (409, "invalid-state")
    assert problem(unknown) == (404, "not-found")
    assert problem(nonsense) == (400, "validation-failed")


async def test_a_reversal_is_answered_alike_when_it_is_asked_again(client, told):
    said = await asked(client)

    first, again = [await reversed_(client, said["request_id"]) for _ in range(2)]

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert first.json() == {
        "reversal_id": first.json()["reversal_id"],
        "request_id": said["request_id"],
        "tombstone": False,
        "hold_state": "reversed",
    }


async def test_a_tombstone_refuses_what_it_overtook(client, told):
    body = question()

    tombstone = (await reversed_(client, body["request_id"])).json()
    waiting = await client.get(
        "/authorisations", params={"request_id": body["request_id"]}
    )
    late = await client.post("/authorisations", json=body)

    assert (tombstone["tombstone"], tombstone["hold_state"]) == (True, "tombstone")
    assert late.status_code == 201
    assert late.json() == waiting.json()
    assert late.json()["approved"] is False
    assert late.json()["network_code"] == "05"
    assert late.json()["hold_state"] == "tombstone"


async def test_what_is_captured_is_not_reversed(client, told):
    said = await asked(client)
    await captured(client, said["authorisation_id"], 30_000)

    answer = await reversed_(client, said["request_id"])

    assert problem(answer) == (409, "invalid-state")


async def test_a_request_id_means_one_request(client, told):
    body = question()
    await client.post("/authorisations", json=body)

    answer = await client.post("/authorisations", json=body | {"amount": 1})

    assert problem(answer) == (422, "idempotency-key-reused")
    assert answer.json()["errors"] == [{"pointer": "/request_id", "code": "reused"}]


@pytest.mark.parametrize("path", ["/authorisations", "/reversals"])
@pytest.mark.parametrize("written", ["{}", '"{}"'])
async def test_a_key_may_repeat_the_request_id(client, told, path, written):
    body = question()
    if path == "/reversals":
        body = {"request_id": body["request_id"], "reason": "void"}
    key = {"Idempotency-Key": written.format(body["request_id"])}

    assert (await client.post(path, json=body, headers=key)).status_code == 201


@pytest.mark.parametrize("path", ["/authorisations", "/reversals"])
@pytest.mark.parametrize("key", ["", "abc", str(uuid4())])
async def test_a_key_that_is_not_the_request_id_is_refused(
    client, fake_ports, told, path, key
):
    body = question()
    if path == "/reversals":
        body = {"request_id": body["request_id"], "reason": "void"}

    answer = await client.post(path, json=body, headers={"Idempotency-Key": key})

    assert problem(answer) == (422, "idempotency-key-reused")
    assert fake_ports.store.standing == {}


@pytest.mark.parametrize(
    ("other", "pointer"),
    [
        ({"amount": 0}, "/amount"),
        ({"amount": -1}, "/amount"),
        ({"amount": 10.5}, "/amount"),
        ({"amount": "10"}, "/amount"),
        ({"amount": True}, "/amount"),
        ({"amount": None}, "/amount"),
        ({"amount": 100_000_000}, "/amount"),
        ({"amount": 2**63}, "/amount"),
        ({"currency": "eur"}, "/currency"),
        ({"currency": "EURO"}, "/currency"),
        ({"currency": "EUR\n"}, "/currency"),
        ({"merchant_id": ""}, "/merchant_id"),
        ({"merchant_id": "M\x00"}, "/merchant_id"),
        ({"merchant_id": "M" * 33}, "/merchant_id"),
        ({"merchant_id": PAN}, "/merchant_id"),
        ({"card_token": PAN}, "/card_token"),
        ({"card_token": int(PAN)}, "/card_token"),
        ({"request_id": PAN}, "/request_id"),
        ({"number": PAN}, "/?"),
    ],
    ids=str,
)
async def test_a_faulty_question_is_a_problem_and_not_repeated(
    client, fake_ports, told, other, pointer
):
    answer = await client.post("/authorisations", json=question() | other)

    assert problem(answer) == (422, "validation-failed")
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert fake_ports.store.standing == {}
    assert PAN not in answer.text + told.everything()


@pytest.mark.parametrize(
    ("path", "body", "pointer"),
    [
        ("/reversals", {"reason": "void"}, "/request_id"),
        ("/reversals", {"request_id": str(uuid4())}, "/reason"),
        ("/reversals", {"request_id": str(uuid4()), "reason": PAN}, "/reason"),
        ("/reversals", {"request_id": str(uuid4()), "reason": "a" * 41}, "/reason"),
        ("/reversals", {"request_id": str(uuid4()), "reason": "v", PAN: 1}, "/?"),
        (f"/authorisations/{uuid4()}/captures", {}, "/amount"),
        (f"/authorisations/{uuid4()}/captures", {"amount": 0}, "/amount"),
        (f"/authorisations/{uuid4()}/captures", {"amount": 10**9}, "/amount"),
        (f"/authorisations/{uuid4()}/captures", {"amount": 1, PAN: 1}, "/?"),
    ],
)
async def test_other_faulty_bodies_are_problems_too(client, told, path, body, pointer):
    answer = await client.post(path, json=body)

    assert problem(answer) == (422, "validation-failed")
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert PAN not in answer.text + told.everything()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/authorisations"),
        ("GET", "/reversals"),
        ("DELETE", f"/authorisations/{uuid4()}/captures"),
    ],
)
async def test_other_methods_are_a_problem(client, told, method, path):
    answer = await client.request(method, path)

    assert problem(answer) == (405, "method-not-allowed")


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("POST", "/authorisations", "bank:write"),
        ("GET", f"/authorisations?request_id={uuid4()}", "bank:read"),
        ("POST", f"/authorisations/{uuid4()}/captures", "bank:write"),
        ("POST", "/reversals", "bank:write"),
    ],
)
async def test_each_route_takes_its_scope_and_no_other(client, method, path, scope):
    others = " ".join(set(SCOPES) - {scope})
    bearing = {"Authorization": f"Bearer x {others}"}

    stranger = await client.request(method, path, headers={"Authorization": "-"})
    barred = await client.request(method, path, headers=bearing)

    assert (stranger.status_code, barred.status_code) == (401, 403)


async def test_what_is_done_is_done_in_the_callers_name(client, fake_ports):
    bearing = {"Authorization": "Bearer somebody bank:write"}
    body = {"request_id": str(uuid4()), "reason": "timeout"}

    answer = await client.post("/reversals", json=body, headers=bearing)

    assert answer.status_code == 201
    assert [each.actor for each in fake_ports.store.trail] == ["client:somebody"]
