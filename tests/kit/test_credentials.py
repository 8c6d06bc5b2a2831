"""A service's own token: asked for once, renewed in time, and never waited for twice."""

import asyncio
import base64
import json

import httpx
import pytest
from pydantic import SecretStr

from apps.kit import http
from apps.kit.credentials import (
    PAUSE_S,
    RENEWED_AT,
    Credentials,
    IssuerAway,
    credentials,
)
from tests.kit.test_jwks import Hands

LIFE_S = 3600


async def until(holds):
    async with asyncio.timeout(5):
        while not holds():
            await asyncio.sleep(0)


async def settled(mine):
    """Whatever is asked for has been answered, or has failed."""
    await until(lambda: mine._asking is None)


class Issuer:
    """Issues numbered tokens, when it is there."""

    def __init__(self):
        self.is_away = False
        self.issued = 0
        self.open = asyncio.Event()
        self.open.set()

    async def issue(self):
        await self.open.wait()
        if self.is_away:
            raise httpx.ConnectError("refused")
        self.issued += 1
        return json.dumps(
            {"access_token": f"token-{self.issued}", "expires_in": LIFE_S}
        ).encode()


class Bank:
    """Remembers what it was sent; takes every token but some."""

    def __init__(self):
        self.heard = []
        self.refuses = set()

    async def __call__(self, request):
        token = request.headers["authorization"].removeprefix("Bearer ")
        self.heard.append((token, request.content))
        return httpx.Response(401 if token in self.refuses else 201)


@pytest.fixture
def issuer(told):
    return Issuer()


@pytest.fixture
def hands():
    return Hands()


@pytest.fixture
def mine(issuer, hands):
    return Credentials(issuer.issue, hands)


@pytest.fixture
def bank():
    return Bank()


@pytest.fixture
async def client(bank, mine):
    async with httpx.AsyncClient(
        transport=httpx.MockTransport(bank), base_url="http://bank", auth=mine
    ) as client:
        yield client


async def test_each_request_bears_the_one_token(client, bank, issuer):
    for _ in range(3):
        await client.post("/authorisations", content=b"asked")

    assert bank.heard == [("token-1", b"asked")] * 3
    assert issuer.issued == 1


async def test_a_hundred_who_ask_at_once_wait_for_one_token(mine, issuer):
    issuer.open.clear()
    waiting = [asyncio.create_task(mine.token()) for _ in range(100)]
    await asyncio.sleep(0)
    issuer.open.set()

    assert set(await asyncio.gather(*waiting)) == {"token-1"}
    assert issuer.issued == 1


async def test_the_next_token_comes_before_the_last_one_ends(mine, issuer, hands):
    await mine.token()
    hands.at += RENEWED_AT * LIFE_S

    assert await mine.token() == "token-1"

    await settled(mine)
    assert await mine.token() == "token-2"


async def test_a_token_that_ended_is_sent_no_more(mine, hands):
    await mine.token()
    hands.at += LIFE_S

    assert await mine.token() == "token-2"


async def test_a_token_serves_to_its_end_while_the_issuer_is_away(
    mine, issuer, hands, told
):
    await mine.token()
    issuer.is_away = True
    for _ in range(5):
        hands.at += 0.19 * LIFE_S
        assert await mine.token() == "token-1"
        await settled(mine)

    hands.at += 0.06 * LIFE_S
    with pytest.raises(IssuerAway):
        await mine.token()
    assert len(told.events("auth.token_unissued")) == 1


async def test_without_a_token_nothing_is_sent_and_the_service_counts_as_away(
    client, bank, issuer
):
    issuer.is_away = True

    with pytest.raises(httpx.ConnectError):
        await client.post("/authorisations")

    assert bank.heard == []


async def test_a_token_is_waited_for_half_of_the_requests_time(client, bank, issuer):
    """Else what the issuer takes would seem to be the other's silence."""
    issuer.open.clear()

    with pytest.raises(IssuerAway):
        async with asyncio.timeout(5.0):
            await client.post("/authorisations", timeout=0.02)

    assert bank.heard == []
    issuer.open.set()


async def test_another_token_is_not_waited_for_longer_than_that(
    client, bank, issuer, hands
):
    await client.post("/authorisations")
    bank.refuses = {"token-1"}
    hands.at += PAUSE_S
    issuer.open.clear()

    async with asyncio.timeout(5.0):
        answer = await client.post("/authorisations", timeout=0.02)

    assert answer.status_code == 401
    issuer.open.set()


async def test_an_issuer_that_is_back_is_found_within_a_second(mine, issuer, hands):
    issuer.is_away = True
    with pytest.raises(IssuerAway):
        await mine.token()
    issuer.is_away = False
    with pytest.raises(IssuerAway):
        await mine.token()

    hands.at += PAUSE_S

    assert await mine.token() == "token-1"


async def test_what_is_refused_is_tried_once_more_with_another_token(
    client, bank, hands
):
    await client.post("/authorisations", content=b"asked")
    bank.refuses = {"token-1"}
    hands.at += PAUSE_S

    answer = await client.post("/authorisations", content=b"again")

    assert answer.status_code == 201
    assert bank.heard[1:] == [("token-1", b"again"), ("token-2", b"again")]


async def test_who_refuses_every_token_is_not_asked_without_end(
    client, bank, issuer, hands
):
    bank.refuses = {f"token-{n}" for n in range(100)}

    answers = [await client.post("/authorisations") for _ in range(20)]

    assert {answer.status_code for answer in answers} == {401}
    assert issuer.issued == 1
    hands.at += PAUSE_S
    await client.post("/authorisations")
    assert issuer.issued == 2


@pytest.mark.parametrize("body", [b"", b"{}", b'{"access_token": "x"}', b"<html>"])
async def test_an_answer_without_a_token_is_none(body, told):
    async def issue():
        return body

    with pytest.raises(IssuerAway):
        await Credentials(issue).token()
    assert told.events("auth.token_issued") == []


async def test_a_token_is_there_before_it_is_needed_and_renewed_unasked(
    mine, issuer, hands, monkeypatch
):
    monkeypatch.setattr(mine._tending, "_seconds", 0.001)
    await mine.start()
    await until(lambda: issuer.issued == 1)

    hands.at += RENEWED_AT * LIFE_S
    await until(lambda: issuer.issued == 2)
    assert await mine.is_ready()
    await mine.stop()


async def test_it_stops_amid_asking(mine, issuer):
    issuer.open.clear()
    await mine.start()
    await until(lambda: mine._asking is not None)

    await asyncio.wait_for(mine.stop(), 1)


async def test_an_issuer_that_stays_away_is_told_once(mine, issuer, hands, told):
    issuer.is_away = True
    for _ in range(5):
        with pytest.raises(IssuerAway):
            await mine.token()
        hands.at += PAUSE_S
    assert told.event("auth.token_unissued")["error.type"] == "ConnectError"

    issuer.is_away = False
    await mine.token()
    assert told.event("auth.token_issued")


async def test_the_token_is_in_nothing_that_is_told(client, told):
    await client.post("/authorisations")

    assert told.event("auth.token_issued")["auth.token_life"] == LIFE_S
    assert "token-1" not in told.everything()


async def test_credentials_go_by_basic_and_the_form_says_what_is_wanted(
    monkeypatch, told
):
    asked = []

    async def handled(request):
        asked.append(request)
        return httpx.Response(200, json={"access_token": "it", "expires_in": 60})

    transport = httpx.MockTransport(handled)
    monkeypatch.setattr(http, "Sockets", lambda *_, **_ours: transport)

    token = await credentials("http://g/oauth/token", "me", SecretStr("hush")).token()

    assert token == "it"
    assert asked[0].content == b"grant_type=client_credentials"
    proof = base64.b64encode(b"me:hush").decode()
    assert asked[0].headers["authorization"] == f"Basic {proof}"
    assert "hush" not in told.everything()
