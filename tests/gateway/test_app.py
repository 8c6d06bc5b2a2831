"""What passes through the gateway, and how."""

from types import SimpleNamespace

import httpx
import pytest

from apps.gateway.clients.upstreams import HttpUpstream
from apps.gateway.domain.calls import Answer
from apps.kit import deadlines, http
from tests.fakes import PAN, ids

from .house import HOUSE, House, always, answer

PLACE = f"/api/v1/payments/{ids()}"
MADE = Answer(
    201,
    {"content-type": "application/json", "location": PLACE},
    b'{"status": "authorised"}',
)


@pytest.fixture
def house():
    return House(always(MADE))


@pytest.fixture
async def client(house):
    async with house.client() as client:
        yield client


def behind(give):
    """A gateway whose payments is what this function gives for a request."""
    transport = http.TracedTransport("payments", httpx.MockTransport(give), timeout_s=1)
    inner = httpx.AsyncClient(transport=transport, base_url="http://payments")
    house = House()
    house.upstreams["payments"] = HttpUpstream("payments", inner)
    return house.client()


async def test_body_and_answer_pass_untouched(house, client, told):
    body = f'{{"card":  "{PAN.digits}"}}'.encode()

    given = await client.post("/api/v1/payments", content=body, headers=HOUSE)

    assert house.payments.calls[0].body == body
    assert (given.status_code, given.json()) == (201, {"status": "authorised"})
    assert given.headers["location"] == PLACE
    assert PAN.digits not in told.everything()


async def test_a_forwarded_call_is_told_with_the_payments_id(client, told):
    await client.post("/api/v1/payments", content=b"{}", headers=HOUSE)

    line = told.event("call.forwarded")
    assert line["payment.id"] == PLACE.rpartition("/")[2]
    assert told.counted("gateway.calls", http_response_status_code=201) == 1


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Basic right"},
        {"Authorization": "house"},
        {"Authorization": "Bearer"},
    ],
)
@pytest.mark.parametrize("path", [PLACE, "/api/v1/payments/abc"])
async def test_nobody_comes_in_without_a_token(house, client, told, headers, path):
    given = await client.get(path, headers=headers)

    assert given.status_code == 401
    assert given.headers["www-authenticate"] == "Bearer"
    assert given.json()["code"] == "unauthenticated"
    assert house.calls == []


async def test_two_tokens_are_none(house, client, told):
    headers = [("Authorization", "Bearer house"), ("Authorization", "Bearer wrong")]

    given = await client.get(PLACE, headers=headers)

    assert given.status_code == 401
    assert house.calls == []


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

    given = await behind(give).get(PLACE, headers=HOUSE)

    assert (given.status_code, given.json()["code"]) == (status, code)
    assert given.headers["retry-after"] == "1"


async def test_only_listed_headers_go_in_and_the_token_is_one(told):
    seen = []

    def give(request):
        seen.append(request)
        return httpx.Response(200, json={})

    sent = {**HOUSE, "Cookie": "a=b", "Accept": "text/html", "Baggage": "a=b"}
    await behind(give).get(PLACE, headers=sent)

    assert seen[0].headers["authorization"] == HOUSE["Authorization"]
    assert not {"cookie", "baggage"} & set(seen[0].headers)
    assert seen[0].headers["accept"] == "text/html"


async def test_keys_go_in_and_their_answers_come_out_as_they_are(told):
    seen = []

    def give(request):
        seen.append(request)
        return httpx.Response(201, headers={"Idempotent-Replayed": "true"}, json={})

    keys = [("Idempotency-Key", "a" * 20), ("Idempotency-Key", "b" * 20)]
    given = await behind(give).post(
        "/api/v1/payments", content=b"{}", headers=[*HOUSE.items(), *keys]
    )

    assert seen[0].headers.get_list("idempotency-key") == ["a" * 20, "b" * 20]
    assert given.headers["idempotent-replayed"] == "true"


async def test_a_header_passes_byte_for_byte(told):
    seen = []

    def give(request):
        seen.append(request)
        return httpx.Response(400)

    await behind(give).post(
        "/api/v1/payments",
        headers={**HOUSE, "Idempotency-Key": "clé".encode()},
        content=b"{}",
    )

    (request,) = seen
    assert (b"idempotency-key", "clé".encode()) in request.headers.raw


@pytest.mark.parametrize(
    ("asked", "left"),
    [(None, 2800), ("1000", 900), ("60000", 2800)],
    ids=["says nothing", "is in a hurry", "has all day"],
)
async def test_a_service_learns_how_long_the_caller_still_waits(
    told, monkeypatch, asked, left
):
    seen = []
    monkeypatch.setattr(deadlines, "time", SimpleNamespace(monotonic=lambda: 1_000.0))

    def give(request):
        seen.append(request)
        return httpx.Response(200, json={})

    patience = {} if asked is None else {"Request-Timeout-Ms": asked}
    await behind(give).get(PLACE, headers={**HOUSE, **patience})

    assert seen[0].headers["request-timeout-ms"] == str(left)


@pytest.mark.parametrize("nonsense", ["0", "-5", "soon", "1.5"])
async def test_a_patience_that_is_none_is_refused(house, client, told, nonsense):
    sent = {**HOUSE, "Request-Timeout-Ms": nonsense}

    given = await client.get(PLACE, headers=sent)

    assert given.status_code == 400
    assert given.json()["errors"][0]["pointer"] == "/header/Request-Timeout-Ms"
    assert house.calls == []


@pytest.mark.parametrize(
    "part", ["abc", "..", "%2e%2e", "..%2fcards", "a%3Fb=c", "%00"]
)
async def test_what_stands_in_a_path_cannot_climb_out_of_it(house, client, told, part):
    given = await client.get(f"/api/v1/payments/{part}/events", headers=HOUSE)

    assert given.status_code in {400, 404}
    assert house.calls == []


async def test_the_upstreams_own_refusals_come_out_as_they_are(told):
    house = House(always(answer(422, b'{"code": "unknown-point-of-sale"}')))

    given = await house.client().post("/api/v1/payments", content=b"{}", headers=HOUSE)

    assert (given.status_code, given.json()) == (422, {"code": "unknown-point-of-sale"})
