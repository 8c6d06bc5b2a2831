"""One question to the gateway, many services asked; one that is silent is named in time."""

import pytest

from native.backends import until
from native.tokens import MERCHANT, OPS, Bearing
from tests.stack.stack import SERVICES

WISH = {"state": "closed", "for_s": 5, "reason": "to see all replicas"}


@pytest.fixture(scope="module")
def payment_id(stack):
    """A payment that the bank was asked about, once its merchant was told of it."""
    id_ = stack.gateway.pay().json()["payment_id"]
    until(lambda: view(stack, id_, OPS).json()["notifications"], within=30)
    return id_


def view(stack, id_, who):
    return asked(stack, f"/payments/{id_}/view", who)


def asked(stack, path, who, method="GET", **how):
    bearing = Bearing(who, stack.gateway.url)
    return stack.gateway.send(method, f"/api/v1{path}", auth=bearing, **how)


def test_a_view_tells_what_all_services_know(stack, payment_id):
    shown = until(
        lambda: view(stack, payment_id, OPS).json(),
        lambda shown: shown["degraded"] == [] and shown["fraud"],
        within=30,
    )

    assert shown["payment"]["payment_id"] == payment_id
    assert shown["bank"]["approved"]
    assert shown["fraud"]["count"] >= 1
    assert shown["notifications"][0]["merchant_id"] == "M-01"
    assert shown["events"][0]["type"] == "PaymentReceived"


def test_its_trace_has_a_call_for_each_part(stack, payment_id):
    answer = view(stack, payment_id, OPS)

    spans = stack.whole_trace(
        answer.headers["Trace-Id"], *set(SERVICES) - {"backoffice"}
    )

    calls = [
        span for span in spans if (span.service, span.kind) == ("gateway", "CLIENT")
    ]
    assert sorted(span.fact("peer.service") for span in calls) == [
        "bank",
        "fraud",
        "notifications",
        "payments",
        "payments",
    ]


def test_a_merchant_sees_his_own_and_no_more(stack, payment_id):
    mine, others = (view(stack, payment_id, who) for who in (MERCHANT, "m-02"))

    assert mine.json()["fraud"]["count"] is None
    assert mine.json()["events"] is None
    assert (others.status_code, others.json()["code"]) == (404, "not-found")


def test_a_merchants_own_page_is_as_fresh_as_it_says(stack, payment_id):
    shown = asked(stack, "/merchants/me/dashboard", MERCHANT).json()

    assert shown["merchant_id"] == "M-01"
    assert shown["as_of"]
    assert {each["merchant_id"] for each in shown["latest"]} == {"M-01"}


def test_a_part_that_hangs_is_named_and_fails_in_the_trace(stack, payment_id):
    with stack.frozen("notifications"):
        answer = view(stack, payment_id, OPS)

        shown = answer.json()
        assert answer.status_code == 200
        assert shown["notifications"] is None
        assert shown["why"]["notifications"] == "timeout"
        spans = stack.whole_trace(answer.headers["Trace-Id"], "gateway", "payments")

    (cut,) = [span for span in spans if span.fact("peer.service") == "notifications"]
    assert cut.failed
    assert cut.fact("error.type") == "ReadTimeout"


def test_a_part_that_is_gone_is_named(stack, payment_id):
    with stack.without("fraud"):
        shown = view(stack, payment_id, OPS).json()

    assert shown["why"]["fraud"] == "away"
    assert shown["payment"]["payment_id"] == payment_id


def test_a_breaker_is_held_in_every_replica_and_let_go(stack):
    held = asked(stack, "/ops/breakers/bank", OPS, "PUT", json=WISH)
    let_go = asked(
        stack, "/ops/breakers/bank", OPS, "PUT", json={**WISH, "state": "auto"}
    )

    assert (held.status_code, let_go.status_code) == (200, 200)
    assert {each["held"]["by"] for each in held.json()["breakers"]} == {OPS}
    assert [each["held"] for each in let_go.json()["breakers"]] == [None]
