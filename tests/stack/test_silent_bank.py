"""The bank is stopped: the shop decides by the fallback rule, in time, and says so."""

import pytest

from tests.stack.stack import (
    ANSWER_WITHIN_S,
    SERVICES,
    STANDS_IN,
    TOO_MUCH,
    decided,
    timed,
)

FALLBACK = [
    (15_000, STANDS_IN),
    (19_999, STANDS_IN),
    (20_000, TOO_MUCH),
    (25_000, TOO_MUCH),
]


@pytest.fixture(scope="module", autouse=True)
def without_bank(stack):
    with stack.without("bank"):
        yield


@pytest.mark.parametrize(("amount", "verdict"), FALLBACK)
def test_the_shop_decides_in_time(stack, amount, verdict):
    answer, seconds = timed(stack.pay_with_fresh_card, amount)

    assert answer.status_code == 201
    assert decided(answer) == verdict
    assert answer.json()["processing_mode"] == "FALLBACK"
    assert answer.json()["network_code"] == ("00" if verdict == STANDS_IN else "91")
    assert seconds < ANSWER_WITHIN_S


def test_small_amounts_notice_nothing(stack):
    answer, seconds = timed(stack.gateway.pay, 5_000)

    assert decided(answer) == ("authorised", "ACCEPTED", "floor_limit")
    assert answer.json()["processing_mode"] == "STANDARD"
    assert seconds < 1


def test_the_trace_shows_the_call_that_failed(stack):
    answer = stack.pay_with_fresh_card(15_000)

    spans = stack.whole_trace(answer.headers["Trace-Id"], *set(SERVICES) - {"bank"})

    calls = [
        span for span in spans if (span.service, span.kind) == ("payments", "CLIENT")
    ]
    asked = [span for span in calls if span.fact("peer.service") == "bank"]
    assert asked
    assert all(span.failed and span.fact("error.type") for span in asked)
    (paid,) = [span for span in spans if span.name == "payments.pay"]
    assert not paid.failed
