"""Who is let in: the one bearer token, its scopes, and nobody without tokens."""

from typing import Annotated

import httpx
import pytest
from fastapi import APIRouter

from apps.kit.auth import Caller, may
from apps.kit.service import Service, app_of
from apps.kit.testing import Doorman

router = APIRouter()


@router.get("/things")
async def things(caller: Annotated[Caller, may("payments:read", "ops")]) -> str:
    return f"{caller.client_id} {caller.merchant_id}"


def client(tokens):
    app = app_of(Service("test", None, router, tokens=tokens))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test")


def bearing(token):
    return {"Authorization": f"Bearer {token}"}


async def test_who_has_every_scope_comes_in_with_his_name():
    async with client(Doorman()) as http:
        answer = await http.get("/things", headers=bearing("m-1@M-1 ops payments:read"))

    assert (answer.status_code, answer.json()) == (200, "m-1 M-1")


async def test_who_lacks_a_scope_is_told_which_are_needed():
    async with client(Doorman()) as http:
        answer = await http.get("/things", headers=bearing("m-1@M-1 ops"))

    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert 'scope="payments:read ops"' in answer.headers["www-authenticate"]


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [("Authorization", "")],
        [("Authorization", "Bearer")],
        [("Authorization", "Basic house")],
        [("Authorization", "Bearer nobody")],
        [("Authorization", "Bearer house"), ("Authorization", "Bearer house")],
    ],
)
async def test_nobody_comes_in_without_the_one_good_token(headers):
    async with client(Doorman()) as http:
        answer = await http.get("/things", headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_a_service_that_reads_no_tokens_lets_nobody_in():
    async with client(None) as http:
        answer = await http.get("/things", headers=bearing("house"))

    assert answer.status_code == 401


def test_the_document_names_the_scopes_of_an_operation():
    app = app_of(Service("test", None, router, tokens=Doorman()))

    told = app.openapi()

    assert told["paths"]["/things"]["get"]["security"] == [
        {"bearer": ["payments:read", "ops"]}
    ]
    flows = told["components"]["securitySchemes"]["bearer"]["flows"]
    assert flows["clientCredentials"]["tokenUrl"] == "/oauth/token"


@pytest.mark.parametrize(
    ("merchant", "may_act"), [(None, True), ("M-1", True), ("M-2", False)]
)
def test_a_merchant_acts_for_himself_and_the_house_for_everybody(merchant, may_act):
    assert Caller("c", frozenset(), merchant).acts_for("M-1") is may_act
