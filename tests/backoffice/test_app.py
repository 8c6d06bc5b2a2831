"""The back office's HTTP face."""

from uuid import uuid4

import httpx
import pytest

from apps.backoffice.app import router
from apps.backoffice.app.bodies import (
    BalanceOut,
    DashboardOut,
    PaymentOut,
    ProjectionOut,
)
from apps.backoffice.usecases.projecting import project
from apps.backoffice.usecases.rebuilding import rebuild_asked
from apps.kit.auth import SCOPES
from apps.kit.service import Service, app_of
from apps.kit.testing import HOUSE, Doorman
from tests.backoffice.fakes import fake_ports
from tests.backoffice.histories import heard, life, payouts


@pytest.fixture
async def ports(told):
    """A back office that has heard of three payments, all of them today."""
    ports = fake_ports()
    ports.stream.heard = heard(
        [
            *life(1, "refunded twice"),
            *payouts(1, "refunded twice"),
            *life(2, "declined"),
            *life(3, "confirmed by the bank"),
        ]
    )
    for each in ports.stream.heard:
        await project([each], ports)
    return ports


@pytest.fixture
async def client(ports):
    app = app_of(Service("backoffice", ports, router, tokens=Doorman()))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://test", headers=HOUSE
    ) as client:
        yield client


async def test_a_payment_has_its_history_and_says_how_fresh_it_is(client):
    story = life(1, "refunded twice")

    shown = (await client.get(f"/payments/{story[0].payment_id}")).json()

    assert shown["status"] == "partially_refunded"
    assert (shown["captured"], shown["refunded"]) == (25_000, 7_000)
    assert shown["captured_at"] == story[1].at.isoformat().replace("+00:00", "Z")
    assert shown["voided_at"] is None
    assert shown["card_status"] == "GREEN"
    assert shown["lag_ms"] == 0
    assert shown["as_of"] == "2026-03-01T11:53:03Z"


async def test_a_dashboard_shows_days_totals_and_reasons(client):
    shown = (await client.get("/merchants/M-01/dashboard", params={"days": 1})).json()

    (day,), (total,) = shown["days"], shown["totals"]
    assert day == {"day": "2026-03-01", "outcomes": total}
    assert total["authorised"] == {"count": 2, "amount": 50_000}
    assert total["approval_rate"] == 0.6667
    assert shown["reasons"][0] == {
        "outcome": "authorised",
        "reason": "ACCEPTED",
        "count": 2,
    }
    assert shown["standins"] == [
        {"outcome": "confirmed", "count": 1, "amount": 25_000, "currency": "EUR"}
    ]
    assert shown["lag_ms"] == 0


async def test_a_balance_is_made_of_what_it_shows(client):
    shown = (await client.get("/merchants/M-01/balance")).json()

    (money,) = shown["balances"]
    assert money["payable"] == 24_625
    assert money["payable"] == (
        money["captured"] - money["refunded"] - money["fees"] - money["settled"]
    )


async def test_a_merchant_without_payments_has_nothing(client):
    balance = (await client.get("/merchants/M-09/balance")).json()
    dashboard = (await client.get("/merchants/M-09/dashboard")).json()

    assert balance["balances"] == dashboard["days"] == []


@pytest.mark.parametrize(
    "path",
    [
        "/payments/nonsense",
        "/merchants/M%0001/balance",
        "/merchants/" + 65 * "M" + "/dashboard",
        "/merchants/4111111111111111/balance",
        "/merchants/4111_1111_1111_1111/dashboard",
        "/merchants/M-01/dashboard?days=0",
        "/merchants/M-01/dashboard?days=91",
        "/merchants/M-01/dashboard?days=many",
    ],
)
async def test_a_faulty_question_is_no_fault_of_ours(client, path):
    answer = await client.get(path)

    assert answer.status_code == 400
    assert answer.json()["code"] == "validation-failed"


async def test_a_rebuild_is_begun_and_can_be_watched(client, ports):
    begun = await client.post("/ops/projections/balance_view/rebuild")
    place = begun.headers["Location"].removeprefix("/api/v1")
    going_on = (await client.get(place)).json()
    await rebuild_asked(ports)
    done = (await client.get(place)).json()

    assert begun.status_code == 202
    assert begun.json() == going_on
    assert going_on["state"] == "rebuilding"
    assert going_on["rebuild"]["target"] == len(ports.stream.heard)
    assert going_on["rebuild"]["progress"] == 0
    assert (done["state"], done["rebuild"]) == ("serving", None)
    assert done["generation"] > going_on["generation"]
    assert done["position"] == going_on["position"] == len(ports.stream.heard)
    assert done["events"] == going_on["events"]


async def test_the_projections_are_listed(client):
    listed = (await client.get("/ops/projections")).json()

    assert [each["name"] for each in listed] == [
        "balance_view",
        "card_flag",
        "merchant_day",
        "payment_view",
    ]
    assert {each["lag_ms"] for each in listed} == {0}


async def test_what_cannot_be_rebuilt_is_said(client, ports):
    unknown = await client.post("/ops/projections/nothing/rebuild")
    ports.stream.first_seq = 2
    gone = await client.post("/ops/projections/merchant_day/rebuild")

    assert (unknown.status_code, unknown.json()["code"]) == (404, "not-found")
    assert (gone.status_code, gone.json()["code"]) == (409, "invalid-state")


@pytest.mark.parametrize("body", [PaymentOut, DashboardOut, BalanceOut, ProjectionOut])
def test_every_answer_has_an_example_that_is_one(body):
    (example,) = body.model_config["json_schema_extra"]["examples"]

    assert body.model_validate(example).model_dump(mode="json").keys() == example.keys()


def bearing(token):
    return {"Authorization": f"Bearer {token}"}


MINE = bearing("m-01@M-01 payments:read merchant:read")
ANOTHER = bearing("m-02@M-02 payments:read merchant:read")


async def test_a_merchant_sees_his_own(client):
    paid = life(1, "refunded twice")[0].payment_id

    for path in (
        f"/payments/{paid}",
        "/merchants/M-01/dashboard",
        "/merchants/M-01/balance",
    ):
        mine = await client.get(path, headers=MINE)
        assert mine.status_code == 200
        assert mine.json() == (await client.get(path)).json()


async def test_another_merchant_s_payment_is_as_one_that_does_not_exist(client):
    paid = life(1, "refunded twice")[0].payment_id

    answers = [
        await client.get(f"/payments/{each}", headers=ANOTHER)
        for each in (paid, uuid4())
    ]

    assert [each.status_code for each in answers] == [404, 404]
    assert answers[0].content == answers[1].content


@pytest.mark.parametrize("page", ["dashboard", "balance"])
async def test_another_merchant_s_page_is_as_one_of_nobody(client, page):
    answers = [
        await client.get(f"/merchants/{each}/{page}", headers=ANOTHER)
        for each in ("M-01", "M-99", "m-02")
    ]

    assert [each.status_code for each in answers] == [404] * 3
    assert len({each.content for each in answers}) == 1


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", f"/payments/{uuid4()}", "payments:read"),
        ("GET", "/merchants/M-01/dashboard", "merchant:read"),
        ("GET", "/merchants/M-01/balance", "merchant:read"),
        ("GET", "/ops/projections", "ops"),
        ("GET", "/ops/projections/payment_view", "ops"),
        ("POST", "/ops/projections/payment_view/rebuild", "ops"),
        ("GET", "/ops/dlq", "ops"),
        ("GET", "/ops/dlq/1", "ops"),
        ("POST", "/ops/dlq/1/replay", "ops"),
    ],
)
async def test_each_route_takes_its_scope_and_no_other(client, method, path, scope):
    all_others = " ".join(set(SCOPES) - {scope})

    stranger = await client.request(method, path, headers={"Authorization": "-"})
    barred = await client.request(method, path, headers=bearing(f"x {all_others}"))

    assert (stranger.status_code, barred.status_code) == (401, 403)
