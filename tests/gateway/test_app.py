"""The HTTP face of the gateway."""

import httpx
import pytest

from apps.gateway.app import router
from apps.gateway.clients.upstreams import HttpUpstream
from apps.gateway.domain.calls import Answer
from apps.gateway.ports import Ports
from apps.kit import http
from apps.kit.server import ServerTelemetry
from apps.kit.service import Service, app_of
from tests.fakes import PAN, FakeUpstream, ids

from .issuer import issuing

TOKEN = {"Authorization": "Bearer right"}
PLACE = f"/api/v1/payments/{ids()}"


@pytest.fixture
def upstream():
    head = {"content-type": "application/json", "location": PLACE}
    return FakeUpstream(Answer(201, head, b'{"status": "authorised"}'))


@pytest.fixture
async def client(upstream):
    app = ServerTelemetry(
        app_of(Service("gateway", Ports(upstream, "right", issuing()), router))
    )
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


async def test_body_and_answer_pass_untouched(client, upstream, told):
    body = f'{{"card":  "{PAN.digits}"}}'.encode()

    answer = await client.post("/api/v1/payments", content=body, headers=TOKEN)

    assert upstream.calls[0].body == body
    assert (answer.status_code, answer.json()) == (201, {"status": "authorised"})
    assert answer.headers["location"] == PLACE
    assert PAN.digits not in told.everything()


async def test_a_forwarded_call_is_told_with_the_payments_id(client, told):
    await client.post("/api/v1/payments", content=b"{}", headers=TOKEN)

    line = told.event("call.forwarded")
    assert line["payment.id"] == PLACE.rpartition("/")[2]
    assert told.counted("gateway.calls", http_response_status_code=201) == 1


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Basic right"},
        {"Authorization": "right"},
        {"Authorization": "Bearer"},
    ],
)
@pytest.mark.parametrize("path", [PLACE, "/api/v1/payments/abc"])
async def test_nobody_comes_in_without_the_token(client, upstream, told, headers, path):
    answer = await client.get(path, headers=headers)

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()["code"] == "unauthenticated"
    assert upstream.calls == []


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        (httpx.ConnectError("refused"), 503, "dependency-unavailable"),
        (httpx.ReadTimeout("late"), 504, "deadline-exceeded"),
    ],
)
async def test_a_service_that_is_away_is_a_problem_that_says_when_to_come_back(
    told, fault, status, code
):
    def give(_request):
        raise fault

    transport = http.TracedTransport("test", httpx.MockTransport(give), timeout_s=1)
    inner = httpx.AsyncClient(transport=transport, base_url="http://payments")
    ports = Ports(HttpUpstream("payments", inner), "right", issuing())
    app = ServerTelemetry(app_of(Service("gateway", ports, router)))
    outer = httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://test"
    )

    answer = await outer.get(PLACE, headers=TOKEN)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["retry-after"] == "1"


async def test_only_listed_headers_go_in(told):
    seen = []

    def give(request):
        seen.append(request)
        return httpx.Response(200, json={})

    inner = httpx.AsyncClient(
        transport=httpx.MockTransport(give), base_url="http://payments"
    )
    app = app_of(
        Service("gateway", Ports(HttpUpstream("p", inner), "right", issuing()), router)
    )
    outer = httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://test"
    )

    await outer.get(PLACE, headers={**TOKEN, "Cookie": "a=b", "Accept": "text/html"})

    assert "authorization" not in seen[0].headers
    assert "cookie" not in seen[0].headers
    assert seen[0].headers["accept"] == "text/html"


async def test_keys_go_in_and_their_answers_come_out_as_they_are(told):
    seen = []

    def give(request):
        seen.append(request)
        return httpx.Response(201, headers={"Idempotent-Replayed": "true"}, json={})

    inner = httpx.AsyncClient(
        transport=httpx.MockTransport(give), base_url="http://payments"
    )
    app = app_of(
        Service("gateway", Ports(HttpUpstream("p", inner), "right", issuing()), router)
    )
    outer = httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://test"
    )
    keys = [("Idempotency-Key", "a" * 20), ("Idempotency-Key", "b" * 20)]

    answer = await outer.post(
        "/api/v1/payments", content=b"{}", headers=[*TOKEN.items(), *keys]
    )

    assert seen[0].headers.get_list("idempotency-key") == ["a" * 20, "b" * 20]
    assert answer.headers["idempotent-replayed"] == "true"


async def test_two_tokens_are_none(client, upstream, told):
    headers = [("Authorization", "Bearer right"), ("Authorization", "Bearer wrong")]

    answer = await client.get(PLACE, headers=headers)

    assert answer.status_code == 401
    assert upstream.calls == []


async def test_a_header_passes_byte_for_byte(told):
    asked = []

    def give(request):
        asked.append(request)
        return httpx.Response(400)

    inner = httpx.AsyncClient(
        transport=httpx.MockTransport(give), base_url="http://payments"
    )
    ports = Ports(HttpUpstream("payments", inner), "right", issuing())
    app = ServerTelemetry(app_of(Service("gateway", ports, router)))
    outer = httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://test"
    )

    await outer.post(
        "/api/v1/payments",
        headers={**TOKEN, "Idempotency-Key": "clé".encode()},
        content=b"{}",
    )

    (request,) = asked
    assert (b"idempotency-key", "clé".encode()) in request.headers.raw


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/payments?status=captured&limit=5"),
        ("GET", f"/payments/{ids()}/events"),
        ("POST", f"/payments/{ids()}/captures"),
        ("POST", f"/payments/{ids()}/voids"),
        ("POST", f"/payments/{ids()}/refunds"),
        ("GET", "/pos"),
        ("GET", "/cards"),
    ],
)
async def test_what_can_be_done_with_payments_is_passed_on(
    client, upstream, told, method, path
):
    await client.request(method, f"/api/v1{path}", headers=TOKEN)

    (call,) = upstream.calls
    assert (call.method, call.path) == (method, path)
