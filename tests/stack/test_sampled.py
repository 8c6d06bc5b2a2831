"""A stack that keeps the traces worth keeping: which are in Tempo, and what counts all."""

from uuid import uuid4

import pytest

from native.backends import until
from tests.stack.running import INSTANCE, up
from tests.stack.stack import timed

ORDERS = 120
DICE = "e6666666666666"
DECIDED_WITHIN_S = 40.0
SLOW_MS = 250


@pytest.fixture(scope="module")
def sampled():
    with up(f"{INSTANCE}-sampled", "--sampled") as stack:
        yield stack


@pytest.fixture(scope="module")
def traces(sampled):
    """Of plain orders, of some decided in the bank's stead, and of what was refused."""
    went = {"plain": [paid(sampled, 5_000) for _ in range(ORDERS)]}
    with sampled.frozen("bank"):
        went["fallback"] = [in_its_stead(sampled, n) for n in (15_000, 25_000)]
    wrong = [sampled.gateway.get(f"/api/v1/payments/{uuid4()}") for _ in range(5)]
    went["errors"] = [each.headers["Trace-Id"] for each in wrong]
    until(lambda: decided(sampled), within=DECIDED_WITHIN_S)
    return went


def paid(stack, amount):
    answer = stack.gateway.pay(amount)
    assert answer.status_code == 201
    return answer.headers["Trace-Id"]


def in_its_stead(stack, amount):
    answer, _ = timed(stack.pay_with_fresh_card, amount)
    assert answer.json()["processing_mode"] == "FALLBACK"
    return answer.headers["Trace-Id"]


def decided(stack):
    """Nothing waits for its decision any more: as many were judged as came."""
    name = "otelcol_processor_tail_sampling"
    came = stack.backends.prometheus.total(f"{name}_new_trace_id_received_total")
    judged = stack.backends.prometheus.total(
        f"{name}_global_count_traces_sampled_total"
    )
    return came > ORDERS and judged >= 0.9 * came


def counted(stack):
    """Orders, by what is derived from spans, and by the service itself."""
    derived = 'traces_spanmetrics_calls_total{span_name="POST /payments"'
    own = 'http_server_request_duration_seconds_count{http_route="/payments"'
    whose = 'service_name="payments"'
    total = stack.backends.prometheus.total
    return (
        total(f"{derived},{whose}}}"),
        total(f'{own},http_request_method="POST",{whose}}}'),
    )


def kept(stack, traces):
    return {trace for trace in traces if stack.backends.tempo.trace(trace)}


@pytest.mark.parametrize("kind", ["fallback", "errors"])
def test_what_is_worth_keeping_is_kept(sampled, traces, kind):
    until(lambda: kept(sampled, traces[kind]) == {*traces[kind]}, within=40)


def test_one_in_ten_is_kept_by_its_id_and_the_others_for_a_reason(sampled, traces):
    lucky = {trace for trace in traces["plain"] if trace[18:] >= DICE}

    found = until(
        lambda: kept(sampled, traces["plain"]), lambda found: found >= lucky, within=40
    )
    reasonless = [
        trace
        for trace in found - lucky
        if not reason(sampled.backends.tempo.trace(trace))
    ]

    assert reasonless == []
    assert len(found) < ORDERS / 2


def reason(spans):
    return any(
        span.failed or (span.kind == "SERVER" and span.ms > SLOW_MS) for span in spans
    )


def test_span_metrics_count_every_order(sampled, traces):
    derived, own = until(
        lambda: counted(sampled), lambda two: two[0] == two[1], within=30
    )

    assert derived == own > ORDERS
