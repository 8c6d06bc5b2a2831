"""The route table: every line leads where it says, and a faulty one stops the start."""

import pytest

from apps.gateway.__main__ import table_at
from apps.gateway.app.forwarding import PACKAGED, packaged
from apps.gateway.domain.routes import FaultyTable, table_of
from apps.kit.auth import SCOPES
from apps.kit.settings import EX_CONFIG

from .house import House

TABLE = packaged()
PARTS = {
    "payment_id": "00000000-0000-0000-0000-000000000001",
    "card_token": "00000000-0000-0000-0000-000000000002",
    "merchant_id": "M-01",
    "letter_id": "17",
    "name": "merchant_day",
    "step": "capture",
}
ROUTE = """
[[routes]]
name = "get_thing"
method = "GET"
path = "/things"
service = "payments"
scope = "payments:read"
tag = "things"
about = "Show a thing."
"""


def parsed(text):
    return table_of(text, frozenset(SCOPES))


@pytest.mark.parametrize("route", TABLE.routes, ids=lambda route: route.name)
async def test_a_route_asks_its_service_the_same_path_with_the_query(route, told):
    house, path = House(), route.path.format_map(PARTS)
    only = {"Authorization": f"Bearer somebody {route.scope}"}

    given = await house.client().request(
        route.method, f"/api/v1{path}?a=b%20c&a=d", headers=only
    )

    assert given.status_code == 200
    (call,) = house.upstreams[route.service].calls
    assert (call.method, call.path) == (route.method, f"{path}?a=b%20c&a=d")
    assert len(house.calls) == 1
    assert told.counted("gateway.calls", upstream_service=route.service) == 1


@pytest.mark.parametrize("route", TABLE.routes, ids=lambda route: route.name)
async def test_a_route_takes_its_scope_and_no_other(route, told):
    house, path = House(), route.path.format_map(PARTS)
    others = " ".join(SCOPES.keys() - {route.scope})

    given = await house.client().request(
        route.method,
        f"/api/v1{path}",
        headers={"Authorization": f"Bearer somebody {others}"},
    )

    assert given.status_code == 403
    assert route.scope in given.headers["www-authenticate"]
    assert house.calls == []


def test_money_is_never_kept():
    kept = {route.path for route in TABLE.routes if route.cache == "reference"}

    assert kept == {"/pos", "/cards"}


async def test_what_is_not_in_the_table_is_not_there(told):
    house = House()

    for path in ("/api/v1/assessments", "/payments", "/api/v1/reversals"):
        given = await house.client().get(
            path, headers={"Authorization": "Bearer house"}
        )
        assert given.status_code == 404

    assert house.calls == []


def test_the_packaged_table_can_be_served():
    assert len(parsed(PACKAGED.read_text()).routes) == len(TABLE.routes)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[[routes]", "no TOML"),
        ("", "no routes"),
        ("odd = 1", "what is odd"),
        (ROUTE.replace('"payments"', '"ledger"'), "service 'ledger' is none"),
        (
            ROUTE.replace("payments:read", "payments:all"),
            "scope 'payments:all' is none",
        ),
        (ROUTE.replace("GET", "FETCH"), "method 'FETCH' is none"),
        (ROUTE.replace("/things", "/things/../cards"), "path"),
        (ROUTE.replace("/things", "things"), "path"),
        (ROUTE.replace("/things", "/things/{thing_id}"), "of what kind is thing_id"),
        (ROUTE.replace('tag = "things"', ""), "no tag"),
        (ROUTE + 'cache = "payments"', "cache 'payments' is none"),
        (ROUTE.replace("GET", "POST") + 'cache = "reference"', "only lists"),
        (ROUTE + 'limit = "none"', "limit 'none' is none"),
        (ROUTE + "retries = 3", "what is retries"),
        (ROUTE + ROUTE, "get_thing is there twice"),
        (ROUTE + ROUTE.replace("get_thing", "other"), "GET /things is there twice"),
        ('[parameters]\nthing_id = "number"\n' + ROUTE, "'number' is no kind"),
        ('[limits]\nlists = "0/2"\n' + ROUTE, "limit lists"),
    ],
)
def test_a_faulty_table_says_what_is_wrong(text, why):
    with pytest.raises(FaultyTable, match=why):
        parsed(text)


def test_two_routes_that_differ_in_a_parameters_name_alone_are_one():
    pair = "".join(
        ROUTE.replace("/things", f"/things/{{{name}}}").replace("get_thing", name)
        for name in ("a", "b")
    )

    with pytest.raises(FaultyTable, match="twice"):
        parsed('[parameters]\na = "uuid"\nb = "uuid"\n' + pair)


@pytest.mark.parametrize("text", [None, ROUTE.replace("GET", "FETCH")])
def test_a_gateway_does_not_start_with_a_faulty_table(tmp_path, capsys, text):
    file = tmp_path / "routes.toml"
    if text is not None:
        file.write_text(text)

    with pytest.raises(SystemExit) as stopped:
        table_at(file)

    assert stopped.value.code == EX_CONFIG
    said = capsys.readouterr().err
    assert said.startswith("GATEWAY_ROUTES_FILE: ")
    assert len(said.splitlines()) == 1
