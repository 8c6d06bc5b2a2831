"""API8:2023. What nobody set is set safely: headers, methods, errors, origins."""

import re

import httpx
import pytest

from tests.stack.stack import SERVICES

from .asking import BASE
from .operations import all_operations
from .wire import head, sent

KEPT_SAFE = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
}
LEAKS = re.compile(
    r"traceback|file \"|\.py\b|line \d+|pydantic|fastapi|starlette|asyncpg|granian|uvloop"
    r"|select .* from|postgresql://|nats://|127\.0\.0\.1|/work/|site-packages|0x[0-9a-f]{6}",
    re.IGNORECASE,
)
"""What tells of the machine behind an answer."""

METHODS = ("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND", "DEBUG", "PURGE")


@pytest.fixture(scope="module")
def answers(stack, m_01, stranger):
    """Answers of many kinds from the gateway, good ones and bad ones."""
    base = f"{BASE}/payments"
    id_ = m_01.paid(9_000)
    nobody = stranger("gateway")
    return {
        "a payment": m_01.gets(f"{base}/{id_}"),
        "a list": m_01.gets(base),
        "a view": m_01.gets(f"{base}/{id_}/view"),
        "terminals": m_01.gets(f"{BASE}/pos"),
        "a refused body": m_01.asks("POST", base, json={}),
        "no JSON": m_01.asks(
            "POST", base, content=b"{", headers={"Content-Type": "application/json"}
        ),
        "another type": m_01.asks(
            "POST", base, content=b"<a/>", headers={"Content-Type": "text/xml"}
        ),
        "no id": m_01.gets(f"{base}/abc"),
        "nothing there": m_01.gets("/nothing/there"),
        "another method": m_01.asks("DELETE", base),
        "no token": nobody.gets(base),
        "not allowed": m_01.gets(f"{BASE}/ops/breakers"),
        "keys": nobody.gets("/.well-known/jwks.json"),
        "too much": m_01.asks(
            "POST",
            base,
            content=b"x" * 70_000,
            headers={"Content-Type": "application/json"},
        ),
    }


def test_every_answer_of_the_gateway_keeps_browsers_safe(answers):
    for what, answer in answers.items():
        told = {name: answer.headers.get(name) for name in KEPT_SAFE}
        assert told == KEPT_SAFE, what
        assert answer.headers["content-security-policy"], what


def test_nothing_that_is_a_merchants_is_kept_on_the_way(answers):
    for what in answers.keys() - {"keys"}:
        kept = answers[what].headers.get("cache-control", "")
        assert "no-store" in kept or "private" in kept, (what, kept)


def test_no_answer_tells_of_the_machine_behind_it(answers):
    for what, answer in answers.items():
        assert LEAKS.findall(answer.text) == [], what
        assert "x-powered-by" not in answer.headers
        assert re.search(r"\d", answer.headers.get("server", "")) is None, what
        assert "granian" not in answer.headers.get("server", "").lower(), what


def test_every_error_is_a_problem(answers):
    for what, answer in answers.items():
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == "application/problem+json", what
            assert set(answer.json()) <= {
                *("type", "title", "status", "detail", "instance", "code"),
                *("trace_id", "retryable", "errors"),
            }, what


@pytest.mark.parametrize("service", SERVICES)
def test_no_other_origin_is_let_in(stack, service):
    url = stack.ports.url(f"{service.upper()}_PORT")
    for origin in ("https://evil.example", "null", "http://localhost:3000"):
        asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        for method in ("OPTIONS", "GET"):
            answer = httpx.request(
                method, f"{url}/api/v1/payments", headers=asked, trust_env=False
            )
            allowed = [
                name for name in answer.headers if name.startswith("access-control")
            ]
            assert allowed == []


@pytest.mark.parametrize("service", SERVICES)
def test_only_the_methods_of_the_document_are_taken(minted, service):
    taken = {}
    for each in all_operations():
        if each.service == service:
            taken.setdefault(
                each.filled if "{" not in each.path else each.path, (each, set())
            )[1].add(each.method)
    caller = minted(service, [])

    for operation, methods in taken.values():
        for method in METHODS:
            if method in methods:
                continue
            refused = caller.asks(method, operation.filled)
            assert refused.status_code == 405, (method, operation.path)
            allowed = set(refused.headers["allow"].split(", "))
            assert allowed == methods, operation.path


@pytest.mark.parametrize("service", SERVICES)
def test_trace_echoes_nothing(stack, service):
    url = stack.ports.url(f"{service.upper()}_PORT")

    heard = sent(url, head("TRACE /livez", Cookie="secret=4711", Connection="close"))

    assert heard.status in {400, 405, 501}
    assert "4711" not in heard.text


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize(
    "path",
    [
        "/.env",
        "/.git/config",
        "/metrics",
        "/debug",
        "/debug/pprof/",
        "/admin",
        "/console",
        "/actuator/env",
        "/server-status",
        "/static/../../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/graphql",
        "/api/v0/payments",
        "/api/v2/payments",
        "/api/payments",
        "/test",
        "/swagger.json",
    ],
)
def test_nothing_lies_about(minted, service, path):
    answer = minted(service, ["ops"]).asks("GET", path)

    assert answer.status_code == 404
    assert LEAKS.findall(answer.text) == []


@pytest.mark.parametrize("service", SERVICES)
def test_no_cookie_is_set(minted, service):
    for path in ("/livez", "/openapi.json", "/nothing"):
        assert "set-cookie" not in minted(service, []).asks("GET", path).headers


def test_two_lengths_are_not_two_requests(stack, mint):
    """Request smuggling: a length and chunks, two lengths, a folded header."""
    token = f"Authorization: Bearer {mint.token()}\r\n"
    hidden = f"GET {BASE}/pos HTTP/1.1\r\nHost: x\r\n{token}\r\n"
    forms = {
        "a length and chunks": "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "two lengths": "Content-Length: 5\r\nContent-Length: 6\r\n",
        "chunks in disguise": "Transfer-Encoding: xchunked\r\n",
        "a length that is none": "Content-Length: +5\r\n",
        "a space before the colon": "Content-Length : 5\r\n",
    }
    for what, lines in forms.items():
        start = f"POST {BASE}/payments HTTP/1.1\r\nHost: x\r\n{token}{lines}"
        body = f"Content-Type: application/json\r\n\r\n0\r\n\r\n{hidden}"
        heard = sent(stack.gateway.url, (start + body).encode())

        assert heard.status in {400, 411, 413, 415, 422, 501, None}, what
        assert '"terminals"' not in heard.text, what
        assert "POS-01" not in heard.text, what
