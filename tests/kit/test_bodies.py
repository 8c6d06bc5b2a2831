"""A body that drips is cut off; one that comes in time is read."""

import asyncio
import tracemalloc

import pytest
from fastapi import APIRouter, Request
from pydantic import BaseModel

from apps.kit import bodies
from apps.kit.bodies import Bodies, gathered
from apps.kit.service import Service, app_of, face_of


class Thing(BaseModel):
    name: str


router = APIRouter()


@router.post("/raw")
async def raw(request: Request) -> int:
    return len(await request.body())


@router.post("/parsed")
async def parsed(thing: Thing) -> str:
    return thing.name


async def sent(path, chunks, *, within_s):
    """What is answered to a body of these chunks; None is one that never comes."""
    given, left = [], list(chunks)

    async def receive():
        chunk = left.pop(0) if left else None
        if chunk is None:
            await asyncio.Event().wait()
        return {"type": "http.request", "body": chunk, "more_body": left != []}

    async def send(message):
        given.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "query_string": b"",
        "headers": [(b"content-type", b"application/json"), (b"content-length", b"14")],
    }
    app = app_of(Service("test", None, router))
    await Bodies(app, 64 * 1024, within_s)(scope, receive, send)
    return given[0]["status"], dict(given[0]["headers"])


@pytest.mark.parametrize("path", ["/raw", "/parsed"])
async def test_a_body_that_drips_is_cut_off_and_its_connection_closed(told, path):
    status, headers = await sent(path, [b'{"name"', None], within_s=0.02)

    assert status == 408
    assert headers[b"content-type"] == b"application/problem+json"
    assert headers[b"connection"] == b"close"
    assert told.event("request.refused")["problem.code"] == "request-timeout"


@pytest.mark.parametrize("path", ["/raw", "/parsed"])
async def test_a_body_in_pieces_is_one_body(told, path):
    status, headers = await sent(path, [b'{"name"', b': "one"}'], within_s=5)

    assert status == 200
    assert b"connection" not in headers


async def test_once_it_is_read_the_clock_stands(told):
    """Whoever then waits for the client to go away has no deadline for it."""

    async def app(_scope, receive, send):
        await receive()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def receive():
        if left:
            return {"type": "http.request", "body": left.pop(), "more_body": False}
        return await asyncio.Event().wait()

    given, left = [], [b"{}"]

    async def send(message):
        given.append(message)

    scope = {"type": "http", "headers": [(b"content-length", b"2")]}
    await Bodies(app, 64 * 1024, 0.01)(scope, receive, send)

    assert given[0]["status"] == 200


async def test_a_body_that_is_gathered_first_is_read_as_it_came():
    pieces = [b'{"name"', b': "one"}']
    left = [
        {"type": "http.request", "body": piece, "more_body": piece != pieces[-1]}
        for piece in pieces
    ]

    async def receive():
        return left.pop(0)

    heard = await gathered(receive, 1024)

    assert left == []
    assert await heard() == {
        "type": "http.request",
        "body": b'{"name": "one"}',
        "more_body": False,
    }


async def test_a_body_in_pieces_of_one_byte_holds_no_more_than_its_bytes():
    size, came = 64 * 1024, 0

    async def receive():
        nonlocal came
        came += 1
        return {"type": "http.request", "body": b"a", "more_body": came < size}

    tracemalloc.start()
    try:
        heard = await gathered(receive, size)
        held, _peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert held < 3 * size
    assert await heard() == {
        "type": "http.request",
        "body": b"a" * size,
        "more_body": False,
    }


async def hung_up(pieces):
    """Receives these pieces of a body that is longer, and then nobody is there."""
    left = [{"type": "http.request", "body": p, "more_body": True} for p in pieces]

    async def receive():
        return left.pop(0) if left else {"type": "http.disconnect"}

    return receive


async def test_who_hangs_up_amid_his_body_is_heard_hanging_up():
    heard = await gathered(await hung_up([b"a", b"b"]), 1024)

    assert (await heard())["body"] == b"ab"
    assert await heard() == {"type": "http.disconnect"}


@pytest.mark.parametrize("path", ["/raw", "/parsed"])
async def test_who_hangs_up_amid_his_body_is_no_error_of_ours(told, path):
    given = []

    async def send(message):
        given.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "scheme": "http",
        "query_string": b"",
        "headers": [(b"content-type", b"application/json"), (b"content-length", b"14")],
    }
    service = Service("test", None, router)
    face = face_of(service, app_of(service))
    await face(scope, await hung_up([b'{"name"']), send)

    assert given[0]["status"] == 499
    assert told.event("request.refused")["problem.code"] == "client-gone"
    assert told.events("request.failed") == []
    (span,) = told.spans
    assert span.status.is_unset


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        ("/" + "a" * 4095, b"", 404),
        ("/" + "a" * 4096, b"", 414),
        ("/", b"a" * 4096, 414),
    ],
)
async def test_a_target_that_is_too_long_is_refused_before_its_body_is_read(
    told, path, query, status
):
    async def receive():
        pytest.fail("nothing is read")

    given = []

    async def send(message):
        given.append(message)

    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "query_string": query,
        "headers": [],
    }
    await Bodies(app_of(Service("test", None, router)), 1024)(scope, receive, send)

    assert given[0]["status"] == status


async def test_no_more_is_gathered_than_may_be_read():
    async def receive():
        return {"type": "http.request", "body": bytes(600), "more_body": True}

    heard = await gathered(receive, 1000)

    assert [(await heard())["more_body"] for _ in range(5)] == [True] * 5


async def test_a_body_that_drips_is_gathered_until_its_time_is_up(monkeypatch):
    async def receive():
        return await asyncio.Event().wait()

    monkeypatch.setattr(bodies, "BODY_WITHIN_S", 0.01)
    heard = await gathered(receive, 1000)

    with pytest.raises(TimeoutError):
        await heard()
