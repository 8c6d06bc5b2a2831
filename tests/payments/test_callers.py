"""Who may ask what: by scope, and each merchant for himself alone."""

from dataclasses import replace

import httpx
import pytest

from apps.kit.auth import SCOPES, Caller
from apps.kit.server import ServerTelemetry
from apps.kit.service import Service, app_of
from apps.kit.testing import Doorman
from apps.payments.app import router
from apps.payments.app.bodies import links
from apps.payments.domain.listing import Query
from apps.payments.domain.payment import Status
from tests.fakes import ids, order
from tests.payments.domain.lives import WAYS, lived
from tests.payments.paying import fresh_key, manual, paid

PAYING = "payments:read payments:write ref:read"
MINE, OTHERS = f"m-01@M-01 {PAYING}", f"m-02@M-02 {PAYING}"
BODY = {
    "pos_id": "POS-01",
    "card": {"number": "5204 4600 1000 0007", "expiry": "12/30"},
    "amount": 15_000,
    "currency": "EUR",
    "capture": "manual",
}


@pytest.fixture
async def client(ports):
    app = app_of(Service("payments", ports, router, tokens=Doorman()))
    transport = httpx.ASGITransport(ServerTelemetry(app))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


def by(token: str, key: str | None = None) -> dict[str, str]:
    keyed = {"Idempotency-Key": key or fresh_key()}
    return keyed | ({"Authorization": f"Bearer {token}"} if token else {})


ROUTES = {
    ("POST", "/payments"): "payments:write",
    ("GET", "/payments"): "payments:read",
    ("GET", "/payments/{id}"): "payments:read",
    ("GET", "/payments/{id}/events"): "audit:read",
    ("POST", "/payments/{id}/captures"): "payments:write",
    ("POST", "/payments/{id}/voids"): "payments:write",
    ("POST", "/payments/{id}/refunds"): "payments:write",
    ("GET", "/pos"): "ref:read",
    ("GET", "/cards"): "ref:read",
    ("GET", "/ops/steps"): "ops",
    ("POST", "/ops/steps/{id}/capture/retry"): "ops",
    ("GET", "/ops/breakers"): "ops",
    ("PUT", "/ops/breakers/bank"): "ops",
    ("GET", "/ops/log-level"): "ops",
    ("PUT", "/ops/log-level"): "ops",
}


def test_every_route_is_in_the_table():
    probes = {"/livez", "/readyz", "/startupz", "/asyncapi.json"}
    app = app_of(Service("payments", None, router, tokens=Doorman()))
    there = app.openapi()["paths"]
    found = {
        (method.upper(), path.replace("{payment_id}", "{id}"))
        for path, methods in there.items()
        if path not in probes
        for method in methods
    }
    table = {
        (method, path.replace("capture/retry", "{step}/retry"))
        for method, path in ROUTES
    }

    assert {
        (method, path.replace("/bank", "/{name}")) for method, path in table
    } == found


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_a_route_needs_its_own_scope_and_no_other(client, told, method, path):
    path, scope = path.format(id=ids()), ROUTES[method, path]
    others = " ".join(sorted(SCOPES.keys() - {scope}))

    nobody = await client.request(method, path, headers=by(""))
    lacking = await client.request(method, path, headers=by(f"x {others}"))
    having = await client.request(method, path, headers=by(f"x {scope}"))

    assert nobody.status_code == 401
    assert nobody.headers["www-authenticate"] == "Bearer"
    assert lacking.status_code == 403
    assert f'scope="{scope}"' in lacking.headers["www-authenticate"]
    assert having.status_code not in {401, 403}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("GET", "/events"),
        ("POST", "/captures"),
        ("POST", "/voids"),
        ("POST", "/refunds"),
    ],
)
async def test_another_merchants_payment_is_as_if_it_were_not(
    client, ports, told, method, path
):
    payment = await paid(manual(15_000), ports)
    token = f"{OTHERS} audit:read"
    seen = [
        await client.request(method, f"/payments/{name}{path}", headers=by(token))
        for name in (payment.payment_id, ids())
    ]

    there, nowhere = [answer.json() for answer in seen]
    assert {answer.status_code for answer in seen} == {404}
    for own in ("instance", "trace_id"):
        assert there.pop(own) != nowhere.pop(own)
    assert there == nowhere
    assert await ports.store.payment(payment.payment_id) == payment


async def test_a_merchant_cannot_pay_at_another_ones_terminal(client, store, told):
    answers = [
        await client.post("/payments", json=BODY | change, headers=by(OTHERS))
        for change in ({}, {"pos_id": "POS-99"})
    ]

    there, nowhere = [answer.json() for answer in answers]
    assert {answer.status_code for answer in answers} == {422}
    for own in ("instance", "trace_id"):
        assert there.pop(own) != nowhere.pop(own)
    assert there == nowhere
    assert store.histories == {}


async def test_a_merchant_does_all_that_he_may_with_his_own(client, told):
    answer = await client.post("/payments", json=BODY, headers=by(MINE))
    here = f"/payments/{answer.json()['payment_id']}"

    captured = await client.post(f"{here}/captures", headers=by(MINE))
    refunded = await client.post(f"{here}/refunds", headers=by(MINE))

    assert (answer.status_code, captured.status_code) == (201, 201)
    assert refunded.json()["payment"]["refunded"] == 15_000
    assert (await client.get(here, headers=by(MINE))).status_code == 200


@pytest.fixture(params=["fake", pytest.param("postgres", marks=pytest.mark.postgres)])
def everywhere(request, faked):
    return faked if request.param == "fake" else request.getfixturevalue("real")


async def test_a_merchant_lists_his_own_and_the_house_all(everywhere, told):
    mine = await paid(order(5_000), everywhere)
    others = await paid(order(5_000, pos_id="POS-04"), everywhere)

    async def listed(merchant_id):
        query = Query(10, merchant_id=merchant_id)
        return [each.payment_id for each in await everywhere.store.payments(query)]

    assert await listed("M-01") == [mine.payment_id]
    assert await listed("M-02") == [others.payment_id]
    assert sorted(await listed(None)) == sorted([mine.payment_id, others.payment_id])


async def test_a_merchant_sees_his_terminals_and_the_cards_he_saw(everywhere, told):
    payment = await paid(order(5_000), everywhere)

    terminals = await everywhere.store.terminals("M-01")
    assert {row["merchant_id"] for row in terminals} == {"M-01"}
    assert len(await everywhere.store.terminals(None)) > len(terminals)
    (seen,) = await everywhere.store.cards("M-01")
    assert seen.token == payment.card.token
    assert await everywhere.store.cards("M-02") == []
    assert len(await everywhere.store.cards(None)) == 1


@pytest.mark.parametrize("path", ["/payments", "/pos", "/cards"])
async def test_lists_are_the_callers(client, ports, told, path):
    await paid(order(5_000), ports)

    mine = await client.get(path, headers=by(MINE))
    others = await client.get(path, headers=by(OTHERS))

    assert "M-01" in mine.text or path == "/cards"
    assert "M-01" not in others.text
    assert mine.json() != others.json()


@pytest.mark.parametrize("path", ["/pos", "/cards"])
async def test_what_is_one_merchants_is_kept_for_no_other(client, told, path):
    answer = await client.get(path, headers=by(MINE))

    assert "private" in answer.headers["cache-control"]
    assert answer.headers["vary"] == "Authorization"


@pytest.mark.parametrize("state", Status)
@pytest.mark.parametrize(
    ("scopes", "may"),
    [
        ({"payments:read"}, {"self"}),
        ({"payments:read", "audit:read"}, {"self", "events"}),
        ({"payments:write"}, {"self", "capture", "void", "refund"}),
    ],
)
def test_links_lead_nowhere_that_the_caller_may_not_go(state, scopes, may):
    payment = lived(WAYS[state]).payment
    all_of_them = links(payment, Caller("x", frozenset(SCOPES)))

    found = links(payment, Caller("x", frozenset(scopes)))

    assert set(found) == may & set(all_of_them)


async def test_an_answer_is_the_same_byte_for_byte_whoever_asks_again(client, told):
    """Its links are those of the first: it is one answer, and what it leads to asks
    for the scope anew."""
    key = fresh_key()

    first = await client.post("/payments", json=BODY, headers=by(MINE, key))
    again = await client.post(
        "/payments", json=BODY, headers=by("till payments:write audit:read", key)
    )

    assert first.content == again.content
    assert "events" not in first.json()["_links"]
    assert again.headers["idempotent-replayed"] == "true"


async def test_the_trail_names_who_did_it(client, store, told):
    paid_for = await client.post("/payments", json=BODY, headers=by(MINE))
    here = f"/payments/{paid_for.json()['payment_id']}"
    await client.post(f"{here}/captures", headers=by("till payments:write"))

    trail = [(entry.actor, entry.action) for entry in store.audited]
    assert trail == [
        ("client:m-01", "payment.authorise"),
        ("client:till", "payment.capture"),
    ]


@pytest.mark.parametrize("kind", ["captures", "voids", "refunds"])
async def test_what_was_refused_is_in_the_trail_too_once(
    client, ports, store, told, kind
):
    payment = await paid(manual(15_000), ports)
    here, key = f"/payments/{payment.payment_id}", fresh_key()
    done = "captures" if kind == "voids" else "voids"
    await client.post(f"{here}/{done}", headers=by(MINE))
    store.audited.clear()

    for _ in range(2):
        answer = await client.post(f"{here}/{kind}", headers=by(MINE, key))
        assert answer.status_code in {409, 422}

    (entry,) = store.audited
    assert (entry.actor, entry.result) == ("client:m-01", "refused")
    assert entry.action == f"payment.{kind[:-1]}"
    assert entry.subject == str(payment.payment_id)


async def test_what_goes_on_beside_the_requests_acts_for_every_merchant(ports, told):
    mine = await paid(order(5_000), ports)
    others = await paid(order(5_000, pos_id="POS-04"), ports)

    assert {mine.merchant_id, others.merchant_id} == {"M-01", "M-02"}
    assert ports.caller.merchant_id is None
    assert mine.status is others.status is Status.AUTHORISED
    assert replace(ports, caller=Caller("m", frozenset(), "M-01")).caller.acts_for(
        "M-01"
    )
