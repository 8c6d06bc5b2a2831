"""Bad input gets a reason and a TraceID, never its own words back, never a 500."""

import json

import pytest

from native.backends import until
from native.gateway import PAYMENTS, Gateway, order
from tests.stack.cards import card, faulty_card

SECRET = "4929-canary-3310"
NUMBER = faulty_card()
JSON = {"Content-Type": "application/json"}
UNKNOWN = "0193f0f0-0000-7000-8000-000000000000"


def body(**changes):
    return {"json": order(**changes)}


def raw(content):
    return {"content": content, "headers": JSON}


def chunks():
    """A large body that does not say how large it is."""
    for _ in range(70):
        yield b" " * 1024


BAD_ORDERS = {
    "unknown point of sale": (body(pos_id=SECRET), 422),
    "bad Luhn": (body(card=card(NUMBER)), 422),
    "letters for a card": (body(card=card(f"{SECRET}-card")), 422),
    "malformed JSON": (raw(f'{{"pos_id": "{SECRET}", "card": '), 400),
    "no JSON at all": (raw(SECRET), 400),
    "nothing": (raw(""), 422),
    "bytes that are no text": (raw(b'{"pos_id": "\xff\xfe"}'), 400),
    "an array": (raw(json.dumps([SECRET])), 422),
    "very deep": (raw('{"a":' * 10_000 + "1" + "}" * 10_000), 400),
    "unknown field": (body(surprise=SECRET), 422),
    "unknown field as a name": (body(**{SECRET: 1}), 422),
    "unknown field inside": (body(card={**card(NUMBER), "cvv": SECRET}), 422),
    "text for an amount": (body(amount=SECRET), 422),
    "a fraction for an amount": (body(amount=10.5), 422),
    "true for an amount": (body(amount=True), 422),
    "an endless amount": (raw('{"amount": 1e400}'), 422),
    "a huge amount": (body(amount=2**63), 422),
    "a negative amount": (body(amount=-1), 422),
    "too small an amount": (body(amount=9), 422),
    "a number for a card": (body(card=4929_3310), 422),
    "a number for a point of sale": (body(pos_id=33104929), 422),
    "half a surrogate": (raw('{"pos_id": "\\ud800", "card": 1}'), 422),
    "no card": (raw(json.dumps({"pos_id": SECRET, "amount": 100})), 422),
    "bad expiry": (body(card={"number": NUMBER, "expiry": SECRET}), 422),
    "too large": (body(reference=SECRET * 5000), 413),
    "too large, in pieces": ({"content": chunks(), "headers": JSON}, 413),
    "not JSON by its type": (
        {"content": json.dumps(order()), "headers": {"Content-Type": "text/plain"}},
        415,
    ),
    "no token": ({**body(), "headers": {"Authorization": ""}}, 401),
    "a wrong token": (
        {**body(), "headers": {"Authorization": f"Bearer {SECRET}"}},
        401,
    ),
    "another scheme": (
        {**body(), "headers": {"Authorization": f"Basic {SECRET}"}},
        401,
    ),
}

BAD_PATHS = {
    "an unknown payment": ("GET", f"{PAYMENTS}/{UNKNOWN}", 404),
    "no payment id": ("GET", f"{PAYMENTS}/{SECRET}", {400, 404, 422}),
    "an unknown path": ("GET", f"/api/v1/{SECRET}", 404),
    "up the tree": ("GET", f"{PAYMENTS}/..%2f..%2f{SECRET}", {400, 404, 422}),
    "a wrong method": ("DELETE", PAYMENTS, 405),
    "a made-up method": ("CANARY", PAYMENTS, 405),
}


def assert_refused(answer, status):
    """A problem with its TraceID, and nothing of what was sent."""
    assert answer.status_code in ({status} if isinstance(status, int) else status)
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == answer.status_code
    assert problem["trace_id"] == answer.headers["Trace-Id"]
    assert problem["title"]
    assert problem["type"]
    for sent in (SECRET, NUMBER, "4929", "3310", "canary"):
        assert sent not in answer.text
        assert sent not in str(answer.headers)


@pytest.mark.parametrize(("request_", "status"), BAD_ORDERS.values(), ids=BAD_ORDERS)
def test_a_bad_order_gets_a_reason(stack, request_, status):
    assert_refused(stack.gateway.send(**request_), status)


@pytest.mark.parametrize(
    ("method", "path", "status"), BAD_PATHS.values(), ids=BAD_PATHS
)
def test_a_bad_path_gets_a_reason(stack, method, path, status):
    assert_refused(stack.gateway.send(method, path), status)


@pytest.mark.parametrize(
    "body", [lambda: b" " * 70_000, chunks], ids=["whole", "in pieces"]
)
def test_after_too_large_a_body_the_next_request_is_answered(stack, body):
    """The server may hang up, if it says so: who reuses the connection would fall."""
    for _ in range(20):
        with Gateway(stack.gateway.url) as gateway:
            assert gateway.send(content=body(), headers=JSON).status_code == 413
            assert gateway.pay(100).status_code == 201


def test_the_faulty_field_is_named(stack):
    answer = stack.gateway.pay(amount=SECRET, currency="euro")

    assert {error["pointer"] for error in answer.json()["errors"]} == {
        "/amount",
        "/currency",
    }


def test_a_missing_token_is_told_how_to_come_back(stack):
    answer = stack.gateway.send(**body(), headers={"Authorization": ""})

    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_wrong_method_is_told_the_right_ones(stack):
    assert stack.gateway.send("DELETE", PAYMENTS).headers["Allow"] == "POST"


@pytest.mark.parametrize(
    "traceparent",
    [
        "00-" + "0" * 32 + "-" + "0" * 16 + "-01",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00F067AA0BA902B7-01",
        "nonsense",
        "x" * 4000,
    ],
)
def test_a_malformed_traceparent_starts_a_new_trace(stack, traceparent):
    answer = stack.gateway.send(**body(), headers={"traceparent": traceparent})

    assert answer.status_code == 201
    assert len(answer.headers["Trace-Id"]) == 32
    assert answer.headers["Trace-Id"].lower() not in traceparent.lower()


def test_a_refusal_can_be_followed_by_its_trace_too(stack):
    answer = stack.gateway.pay(pos_id=SECRET)

    lines = until(
        lambda: stack.backends.loki.of_trace(answer.headers["Trace-Id"]),
        lambda lines: "request.refused" in {line.body for line in lines},
    )

    assert {line.level for line in lines} == {"info"}
