"""A hop between two services: server span, client span, problems, limits."""

import asyncio
import socket
from contextlib import asynccontextmanager

import httpx
import pytest
from fastapi import APIRouter, Request
from opentelemetry.trace import SpanKind, StatusCode
from pydantic import BaseModel, ConfigDict, SecretStr

from apps.kit import http
from apps.kit.bodies import Bodies
from apps.kit.errors import DependencyUnavailable, NotFound
from apps.kit.server import ServerTelemetry
from apps.kit.service import BODY_LIMIT, HEADERS_WITHIN_MS, Service, app_of

PAN = "5204460010000007"
router = APIRouter()


class CardIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    number: SecretStr
    amount: int


@router.post("/cards")
async def take(body: CardIn) -> dict[str, int]:
    return {"amount": body.amount}


@router.get("/cards")
async def taken() -> list[int]:
    return []


@router.get("/numbered/{number}")
async def numbered(number: int) -> int:
    return number


@router.get("/things/{name}")
async def show(name: str, request: Request) -> dict[str, str]:
    match name:
        case "lost":
            raise NotFound("Nothing is called so.")
        case "down":
            raise DependencyUnavailable("The shelf is away.")
        case "broken":
            raise ValueError(PAN)
    return {"traceparent": request.headers.get("traceparent", "")}


@pytest.fixture
async def caller():
    app = ServerTelemetry(Bodies(app_of(Service("test", None, router)), BODY_LIMIT))
    inner = httpx.ASGITransport(app, raise_app_exceptions=False)
    transport = http.TracedTransport("test", inner, timeout_s=5)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


async def test_the_called_span_is_the_child_of_the_calling_one(caller, told):
    answer = await caller.get("/things/one")

    server, client = told.span("GET /things/{name}"), told.span("GET")
    assert (server.kind, client.kind) == (SpanKind.SERVER, SpanKind.CLIENT)
    assert server.parent.span_id == client.context.span_id
    assert answer.headers["trace-id"] == f"{server.context.trace_id:032x}"
    assert f"{client.context.span_id:016x}" in answer.json()["traceparent"]


async def test_a_hop_is_described_in_the_standard_words(caller, told):
    await caller.get("/things/one")

    server, client = told.span("GET /things/{name}"), told.span("GET")
    assert server.attributes["http.route"] == "/things/{name}"
    assert server.attributes["url.path"] == "/things/one"
    for side in (server, client):
        assert side.attributes["http.request.method"] == "GET"
        assert side.attributes["http.response.status_code"] == 200
    labels = {"http_request_method": "GET", "http_response_status_code": 200}
    route = {"http_route": "/things/{name}"}
    assert told.counted("http.server.request.duration", **labels, **route) == 1
    assert told.counted("http.client.request.duration", **labels) == 1


@pytest.mark.parametrize("by", ["", "+", "%20", "-"])
async def test_a_card_number_in_a_query_is_on_no_span(caller, told, by):
    written = by.join((PAN[:4], PAN[4:8], PAN[8:12], PAN[12:]))

    await caller.get(f"/things/one?card={written}")

    assert told.span("GET").attributes["url.full"].endswith("?card=•••• 0007")
    assert PAN not in told.everything()


RIGHT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
OTHER = "00-5bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


async def test_a_card_number_is_not_carried_from_span_to_span(told):
    carried = {"traceparent": RIGHT, "tracestate": f"card={PAN}", "baggage": f"c={PAN}"}
    async with _face() as client:
        await client.get("/things/one", headers=carried)

    span = told.span("GET /things/{name}")
    assert f"{span.context.trace_id:032x}" in RIGHT
    assert span.context.trace_state == {}


async def test_two_contexts_are_none(told):
    twice = [("traceparent", RIGHT), ("traceparent", OTHER)]
    async with _face() as client:
        await client.get("/things/one", headers=twice)

    assert told.span("GET /things/{name}").parent is None


def _face():
    app = ServerTelemetry(Bodies(app_of(Service("test", None, router)), BODY_LIMIT))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://test")


@pytest.mark.parametrize(
    ("path", "status", "is_error"),
    [("lost", 404, False), ("down", 503, True), ("broken", 500, True)],
)
async def test_only_our_own_faults_mark_the_server_span(
    caller, told, path, status, is_error
):
    answer = await caller.get(f"/things/{path}")

    problem = answer.json()
    server = told.span("GET /things/{name}")
    assert answer.status_code == problem["status"] == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["trace_id"] == answer.headers["trace-id"]
    assert (server.status.status_code is StatusCode.ERROR) is is_error
    assert PAN not in answer.text + told.everything()


async def test_a_part_that_is_away_says_when_to_come_back(caller, told):
    answer = await caller.get("/things/down")

    assert answer.headers["retry-after"] == "1"
    assert answer.json()["retryable"] is True


@pytest.mark.parametrize(
    ("body", "status", "pointer"),
    [
        ('{"number": "%s", "amount": 1, "cvv": "123"}', 422, "/?"),
        ('{"number": %s, "amount": 1}', 422, "/number"),
        ('{"number": "%s"}', 422, "/amount"),
        ('{"number": "%s", "amount": "many"}', 422, "/amount"),
        ('["%s"]', 422, ""),
        ('{"number": "%s", ', 400, None),
    ],
)
async def test_a_faulty_body_is_named_by_field_and_never_repeated(
    caller, told, body, status, pointer
):
    answer = await caller.post("/cards", content=body % PAN, headers=JSON)

    problem = answer.json()
    assert answer.status_code == status
    assert [each["pointer"] for each in problem.get("errors", [])] == (
        [] if pointer is None else [pointer]
    )
    for secret in (PAN, "cvv", "123"):
        assert secret not in answer.text.replace(problem["trace_id"], "")
    assert PAN not in told.everything()


JSON = {"content-type": "application/json"}


@pytest.mark.parametrize("announced", [True, False])
async def test_too_large_a_body_is_refused(caller, told, announced):
    whole = b"x" * (BODY_LIMIT + 1)

    async def pieces():
        yield whole

    answer = await caller.post(
        "/cards", content=whole if announced else pieces(), headers=JSON
    )

    assert answer.status_code == 413
    assert answer.json()["code"] == "payload-too-large"
    assert answer.headers["connection"] == "close"


@pytest.mark.parametrize("probe", ["/livez", "/readyz", "/startupz"])
async def test_probes_are_not_told(caller, told, probe):
    await caller.get(probe)

    assert [span.kind for span in told.spans] == [SpanKind.CLIENT]
    assert told.counted("http.server.request.duration") == 0


async def test_a_method_that_is_not_there_is_a_problem(caller, told):
    answer = await caller.delete("/cards")

    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, POST"
    assert answer.json()["code"] == "method-not-allowed"


async def test_silence_ends_in_time_and_is_named(told):
    async with _silent() as url, http.client("test", url, timeout_s=0.2) as client:
        with pytest.raises(httpx.TimeoutException):
            await client.get("/")

    span = told.span("GET")
    assert span.status.status_code is StatusCode.ERROR
    assert span.attributes["error.type"] == "ReadTimeout"


async def test_a_body_that_nobody_read_ends_its_connection(caller, told):
    lost = await caller.post("/things/one", content=b"unread")
    read = await caller.post("/cards", content=b"{}", headers=JSON)
    none = await caller.get("/things/one")

    assert lost.headers["connection"] == "close"
    assert "connection" not in read.headers
    assert "connection" not in none.headers


async def test_a_body_that_drips_is_cut_too(told):
    async with _dripping() as url, http.client("test", url, timeout_s=0.3) as client:
        with pytest.raises(httpx.ReadTimeout):
            await client.get("/")

    assert told.span("GET").status.status_code is StatusCode.ERROR


def test_a_client_drops_idle_connections_before_its_server_does():
    assert http.KEPT_IDLE_S * 1000 < HEADERS_WITHIN_MS


async def test_a_body_that_is_not_asked_for_is_hung_up_on(told):
    """The server is gone from before its thousandth byte: the block waits for that."""
    async with _dripping() as url:
        client = http.client("stranger", url, timeout_s=5, reads=False)
        answer = await client.get("/", follow_redirects=False)
        await client.stop()

    assert (answer.status_code, answer.content) == (200, b"")
    assert told.span("GET").attributes["http.response.status_code"] == 200


async def test_a_body_of_another_type_is_a_415(caller, told):
    text = {"content-type": "text/plain"}

    answer = await caller.post("/cards", content='{"number": "1"}', headers=text)

    assert answer.status_code == 415
    assert answer.json()["code"] == "unsupported-media-type"


@pytest.mark.parametrize(
    "body",
    [
        b'{"number": "1", "number": "2", "amount": 1}',
        b'{"number": "1", "amount": 1, "am\\u006funt": 2}',
        b'{"number": "1", "amount": NaN}',
        b'\xef\xbb\xbf{"number": "1", "amount": 1}',
        b'{"number": "\xed\xa0\x80", "amount": 1}',
        '{"number": "1", "amount": 1}'.encode("utf-16"),
        b'{"number": "1", "amount": ' + b"[" * 30_000,
    ],
)
async def test_a_body_that_could_be_read_in_two_ways_is_no_json(caller, told, body):
    answer = await caller.post("/cards", content=body, headers=JSON)

    assert (answer.status_code, answer.json()["code"]) == (400, "malformed-json")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"content-type": "application/json; charset=utf-8"}, 200),
        ({"content-type": "application/cards+json"}, 200),
        ({"content-type": "application/json; charset=latin-1"}, 415),
        ({"content-type": "application/notjson"}, 415),
        (JSON | {"content-encoding": "gzip"}, 415),
        (JSON | {"content-encoding": "identity"}, 200),
        (JSON | {"x-long": "h" * 33_000}, 431),
    ],
)
async def test_headers_say_whether_a_body_can_be_read(caller, told, headers, status):
    body = b'{"number": "1", "amount": 1}'

    answer = await caller.post("/cards", content=body, headers=headers)

    assert answer.status_code == status
    assert status == 200 or answer.json()["trace_id"] == answer.headers["trace-id"]


async def test_a_faulty_path_is_a_400_that_names_its_part(caller, told):
    answer = await caller.get("/numbered/a-canary")

    assert (answer.status_code, answer.json()["code"]) == (400, "validation-failed")
    assert [each["pointer"] for each in answer.json()["errors"]] == ["/path/number"]
    assert "canary" not in answer.text


async def test_a_slash_too_many_is_no_redirect_that_repeats_the_path(caller, told):
    answer = await caller.get(f"/things/{PAN}/")

    assert answer.status_code == 404
    assert PAN not in str(answer.headers)


async def test_a_closed_port_is_a_refused_connection(told):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        async with http.client("test", url, timeout_s=1) as client:
            with pytest.raises(httpx.ConnectError):
                await client.get("/")

    assert told.span("GET").attributes["error.type"] == "ConnectError"
    assert told.counted("http.client.request.duration") == 1


@pytest.mark.parametrize("how", ["abort", "close"])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_who_breaks_off_may_have_heard_us(told, how, method):
    """Never a ConnectError: that one says that nobody has heard."""
    async with _breaking_off(how) as url, http.client("test", url, timeout_s=1) as peer:
        with pytest.raises(httpx.ReadError):
            await peer.request(method, "/")

    assert told.span(method).attributes["error.type"] == "ReadError"


@asynccontextmanager
async def _breaking_off(how):
    """A server that reads a request, and then resets or closes its connection."""

    async def break_off(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        getattr(writer.transport, how)()

    server = await asyncio.start_server(break_off, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@asynccontextmanager
async def _silent():
    """A server that accepts and never says a word."""
    held = asyncio.Event()

    async def hold(_reader, writer):
        await held.wait()
        writer.close()

    server = await asyncio.start_server(hold, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        held.set()


@asynccontextmanager
async def _dripping():
    """A server that answers at once, and then one byte at a time."""
    gone = asyncio.Event()

    async def drip(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
        try:
            for _ in range(1000):
                writer.write(b"x")
                await writer.drain()
                await asyncio.sleep(0.05)
        except ConnectionError:
            return
        finally:
            writer.close()
            gone.set()

    server = await asyncio.start_server(drip, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with asyncio.timeout(5):
            await gone.wait()
