"""In front: what is too much is refused at once, and each answer is safe to show."""

import asyncio
import json

import pytest
from jsonschema import Draft202012Validator

from apps.gateway.app.front import FULL
from apps.kit.openapi import PROBLEM
from apps.kit.shedding import PLACES, Bounds, Shedder

from .house import HOUSE, House, always, answer, merchant

SAFE = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cache-control": "no-store",
    "server": "payscope",
}


@pytest.fixture
def full():
    """A gateway that lets in one request, and one is in."""
    shedder = Shedder(Bounds.fixed(1))
    shedder.enter()
    return House(shedder=shedder)


async def test_more_than_can_be_is_refused_and_nothing_behind_is_asked(full, told):
    given = await full.client().post("/api/v1/payments", content=b"{}", headers=HOUSE)

    assert (given.status_code, given.json()["code"]) == (503, "overloaded")
    assert given.headers["retry-after"] == "1"
    assert given.headers["content-type"] == "application/problem+json"
    assert SAFE.items() <= dict(given.headers).items()
    assert full.calls == []


async def test_a_refusal_has_no_span_and_no_line_of_its_own(full, told):
    client = full.client()

    for _ in range(50):
        await client.get("/api/v1/payments", headers=HOUSE)

    assert told.spans == []
    assert told.counted("shedding.refused") == 50
    assert len(told.events("shedding.began")) == 1
    assert told.events("request.failed") == []


def test_a_refusal_is_a_problem_like_all_others():
    Draft202012Validator(PROBLEM).validate(json.loads(FULL))


async def test_who_watches_is_let_in(full, told):
    client = full.client()

    for path, status in {"/livez": 200, "/api/v1/ops/nothing": 404}.items():
        given = await client.get(path)
        assert given.status_code == status
        assert given.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", ["/livez/", "/ops/breakers", "/api/v1/ops"])
async def test_who_only_looks_as_if_he_watched_is_not(full, told, path):
    assert (await full.client().get(path)).status_code == 503


async def test_strangers_cannot_come_in_without_end_by_the_door_of_operators(told):
    house = House(shedder=Shedder(Bounds.fixed(1)))
    places = [house.shedder.place(is_operator=True) for _ in range(PLACES)]
    client = house.client()

    assert (await client.get("/api/v1/ops/breakers")).status_code == 503
    assert (await client.get("/api/v1/payments", headers=HOUSE)).status_code == 200
    assert len(places) == PLACES


async def test_room_is_made_again_when_a_request_ends(told):
    house = House(shedder=Shedder(Bounds.fixed(1)))
    client = house.client()

    given = [await client.get("/api/v1/payments", headers=HOUSE) for _ in range(3)]

    assert [each.status_code for each in given] == [200] * 3
    assert house.shedder.in_flight == 0


async def test_room_is_made_again_when_a_request_breaks_or_is_given_up(told):
    async def never(_call):
        await asyncio.sleep(60)

    house = House(never, shedder=Shedder(Bounds.fixed(1)))
    asking = asyncio.create_task(house.client().get("/api/v1/payments", headers=HOUSE))
    while house.shedder.in_flight == 0:
        await asyncio.sleep(0)

    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)

    assert house.shedder.in_flight == 0


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/api/v1/payments", HOUSE, 200),
        ("/api/v1/payments", {}, 401),
        ("/api/v1/payments", {"Authorization": "Bearer shop ref:read"}, 403),
        ("/nowhere", HOUSE, 404),
        ("/openapi.json", {}, 200),
        ("/oauth/token", {}, 405),
    ],
)
async def test_every_answer_says_how_it_may_be_used(told, path, headers, status):
    given = await House().client().get(path, headers=headers)

    assert given.status_code == status
    assert SAFE.items() <= dict(given.headers).items()


async def test_no_other_site_reads_our_answers(told):
    headers = {**HOUSE, "Origin": "https://shop.example"}

    given = await House().client().get("/api/v1/payments", headers=headers)

    assert not [name for name in given.headers if name.startswith("access-control")]


async def test_what_has_an_etag_may_be_kept_by_its_caller_and_is_asked_for_anew(told):
    house = House(always(answer(etag='"3"')))

    given = await house.client().get("/api/v1/payments", headers=merchant("M-01"))

    assert given.headers["cache-control"] == "private, no-cache"


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
async def test_the_pages_of_the_documents_may_load_what_they_show_with(told, path):
    given = await House().client().get(path)

    policy = given.headers["content-security-policy"]
    assert given.status_code == 200
    assert "script-src 'unsafe-inline' https://cdn.jsdelivr.net" in policy
    assert "frame-ancestors 'none'" in policy


async def test_what_is_refused_is_read_first_and_its_connection_stays(full, told):
    face, sent = full.face(), []

    async def send(message):
        sent.append(message)

    left = [b"{", b"}"]

    async def receive():
        piece = left.pop(0)
        return {"type": "http.request", "body": piece, "more_body": bool(left)}

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/api/v1/payments",
        "headers": [(b"content-length", b"2")],
    }
    await face(scope, receive, send)

    assert [m["status"] for m in sent if "status" in m] == [503]
    assert (b"connection", b"close") not in sent[0]["headers"]
    assert left == []


async def test_a_body_that_still_comes_is_not_waited_for(full, told):
    given = []

    async def send(message):
        given.append(message)

    async def receive():
        return {"type": "http.request", "body": b"{", "more_body": True}

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/api/v1/payments",
        "headers": [(b"content-length", b"2")],
    }
    await full.face()(scope, receive, send)

    assert (b"connection", b"close") in given[0]["headers"]
