"""Each request ends in one line, which says what was asked and what came of it."""

import httpx
import pytest
from fastapi import APIRouter

from apps.kit import endings, writing
from apps.kit.endings import TOOK, ends
from apps.kit.errors import NotFound, RateLimited
from apps.kit.service import Service, app_of, face_of
from apps.kit.signals import tell
from apps.kit.testing import HOUSE, Doorman

router = APIRouter()


@router.get("/things/{name}")
async def look(name: str) -> str:
    match name:
        case "none":
            raise NotFound("No such thing.")
        case "broken":
            raise ValueError("5204460010000007")
        case "often":
            raise RateLimited("Wait.")
        case "forwarded":
            ends("call.forwarded", {"upstream.service": "payments"})
        case "told":
            tell("thing.seen", {"thing.name": name})
    return name


async def nobody(_scope):
    return False


async def ask(path, *, trusts=nobody, method="GET"):
    service = Service("test", None, router, tokens=Doorman(), trusts=trusts)
    transport = httpx.ASGITransport(
        face_of(service, app_of(service)), raise_app_exceptions=False
    )
    async with httpx.AsyncClient(transport=transport, base_url="http://it") as client:
        return await client.request(method, path, headers=HOUSE)


def lines(told):
    return [line for line in told.lines() if TOOK in line]


ENDS = {
    "/things/a": ("request.answered", "info", 200),
    "/things/told": ("request.answered", "info", 200),
    "/things/forwarded": ("call.forwarded", "info", 200),
    "/things/none": ("request.refused", "info", 404),
    "/things/broken": ("request.failed", "error", 500),
    "/nowhere": ("request.refused", "info", 404),
}


@pytest.mark.parametrize(("path", "end"), ENDS.items())
async def test_a_request_at_the_door_ends_in_exactly_one_line(told, path, end):
    given = await ask(path)

    (line,) = lines(told)
    event, level, status = end
    assert given.status_code == status
    assert (line["event"], line["level"]) == (event, level)
    assert line["http.request.method"] == "GET"
    assert line["http.response.status_code"] == status
    assert 0 < line[TOOK] < 5
    assert line.get("http.route") == (None if path == "/nowhere" else "/things/{name}")
    assert line["trace_id"] == given.headers["trace-id"]
    assert line == told.lines()[-1]


async def test_it_says_what_it_ended_in(told):
    await ask("/things/forwarded")
    await ask("/things/none")
    await ask("/things/broken")

    forwarded, refused, failed = lines(told)
    assert forwarded["upstream.service"] == "payments"
    assert refused["problem.code"] == "not-found"
    assert failed["error.type"] == "ValueError"
    assert "ValueError" in failed["exception.stacktrace"]
    assert "5204460010000007" not in told.everything()


@pytest.mark.parametrize("path", ENDS)
async def test_inside_what_went_well_is_told_at_debug(told, path, monkeypatch):
    event, level, _ = ENDS[path]
    is_debug = event == "request.answered"

    await ask(path, trusts=None)
    usual = lines(told)
    monkeypatch.setattr(writing.way, "least", writing.NUMBERS["debug"])
    await ask(path, trusts=None)
    (more,) = lines(told)[len(usual) :]

    assert len(usual) == (0 if is_debug else 1)
    assert more["level"] == ("debug" if is_debug else level)


async def test_who_asks_too_often_has_no_line_each_time(told):
    await ask("/things/often")

    assert lines(told) == []
    (event,) = told.span("GET /things/{name}").events
    assert event.name == "request.refused"


async def test_a_probe_has_none(told):
    await ask("/livez")

    assert lines(told) == []


async def test_without_a_request_an_end_is_told_at_once(told):
    ends("call.forwarded", {"upstream.service": "payments"})

    assert told.event("call.forwarded")["upstream.service"] == "payments"
    endings.hush()
