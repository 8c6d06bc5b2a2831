"""The HTTP face of fraud."""

from uuid import uuid4

import httpx
import pytest

from apps.fraud.app import router
from apps.kit.auth import SCOPES
from apps.kit.bodies import Bodies
from apps.kit.server import ServerTelemetry
from apps.kit.service import BODY_LIMIT, Service, app_of
from apps.kit.testing import HOUSE, Doorman
from tests.fakes import PAN
from tests.fraud.conftest import count_card, refused


@pytest.fixture
async def client(fake_ports):
    app = app_of(Service("fraud", fake_ports, router, tokens=Doorman()))
    transport = httpx.ASGITransport(ServerTelemetry(Bodies(app, BODY_LIMIT)))
    async with httpx.AsyncClient(
        transport=transport, base_url="http://test", headers=HOUSE
    ) as client:
        yield client


async def test_a_card_that_never_paid_is_assessed_green(client, told):
    card = str(uuid4())

    answer = await client.post("/assessments", json={"card_token": card})

    assert answer.status_code == 200
    assert answer.json() == {"card_token": card, "status": "GREEN", "count": 0}


async def test_a_flagged_card_is_assessed_and_shown_with_its_status(
    client, fake_ports, clock, told
):
    card = uuid4()
    for _ in range(4):
        await count_card(refused(card, clock), fake_ports)

    assessed = (
        await client.post("/assessments", json={"card_token": str(card)})
    ).json()
    shown = (await client.get(f"/fraud/cards/{card}")).json()

    assert assessed == {"card_token": str(card), "status": "RED", "count": 4}
    assert assessed.items() <= shown.items()
    assert (shown["refused"], shown["version"]) == (4, 2)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/card_token"),
        ({"card_token": None}, "/card_token"),
        ({"card_token": PAN.digits}, "/card_token"),
        ({"card_token": int(PAN.digits)}, "/card_token"),
        ({"card_token": [str(uuid4())]}, "/card_token"),
        ({"card_token": str(uuid4()), "number": PAN.digits}, "/?"),
        ([], ""),
    ],
)
async def test_a_faulty_question_is_a_problem_and_not_repeated(
    client, fake_ports, told, body, pointer
):
    answer = await client.post("/assessments", json=body)

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert [each["pointer"] for each in answer.json()["errors"]] == [pointer]
    assert told.events("card.assessed") == []
    assert PAN.digits not in answer.text + told.everything()


async def test_cards_are_assessed_together_as_each_would_be_alone(
    client, fake_ports, clock, told
):
    bad, unknown = uuid4(), uuid4()
    for _ in range(4):
        await count_card(refused(bad, clock), fake_ports)

    tokens = [str(bad), str(unknown), str(bad)]
    answer = await client.post("/assessments/batch", json={"card_tokens": tokens})

    assert answer.status_code == 200
    assert answer.json() == [
        {"card_token": str(bad), "status": "RED", "count": 4},
        {"card_token": str(unknown), "status": "GREEN", "count": 0},
    ]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/card_tokens"),
        ({"card_tokens": []}, "/card_tokens"),
        ({"card_tokens": [str(uuid4()) for _ in range(101)]}, "/card_tokens"),
        ({"card_tokens": [PAN.digits]}, "/card_tokens/0"),
    ],
)
async def test_a_faulty_question_for_many_is_a_problem_and_not_repeated(
    client, told, body, pointer
):
    answer = await client.post("/assessments/batch", json=body)

    assert answer.status_code == 422
    assert [each["pointer"] for each in answer.json()["errors"]] == [pointer]
    assert PAN.digits not in answer.text + told.everything()


@pytest.mark.parametrize(("name", "status"), [(str(uuid4()), 404), ("abc", 400)])
async def test_a_card_that_is_not_there_is_a_problem(client, told, name, status):
    answer = await client.get(f"/fraud/cards/{name}")

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", f"/fraud/cards/{uuid4()}", "fraud:read"),
        ("POST", "/assessments", "fraud:assess"),
        ("POST", "/assessments/batch", "fraud:assess"),
    ],
)
async def test_each_route_takes_its_scope_and_no_other(client, method, path, scope):
    others = " ".join(set(SCOPES) - {scope})
    bearing = {"Authorization": f"Bearer x {others}"}

    stranger = await client.request(method, path, headers={"Authorization": "-"})
    barred = await client.request(method, path, headers=bearing)

    assert (stranger.status_code, barred.status_code) == (401, 403)
