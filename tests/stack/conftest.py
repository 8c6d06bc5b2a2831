"""What several of these tests look at: one payment, and its trace."""

from collections import Counter

import httpx
import pytest

from native.backends import until

TOLD_BY_HEARERS = Counter(
    {
        "process pay.v1.payment.received": 1,
        "process pay.v1.payment.authorised": 3,
        "process jobs.v1.webhook": 1,
        "POST /demo/webhooks": 1,
    }
)
"""Spans that come last. What is heard in batches is done in a trace of its own, which is
linked to the span of each message."""


@pytest.fixture(scope="session")
def paid(stack) -> httpx.Response:
    """The answer to one payment that the bank was asked about."""
    answer = stack.gateway.pay()
    assert answer.status_code == 201, answer.text
    return answer


@pytest.fixture(scope="session")
def spans(stack, paid):
    """That payment's trace."""
    return until(
        lambda: stack.whole_trace(paid.headers["Trace-Id"]),
        lambda spans: Counter(span.name for span in spans) >= TOLD_BY_HEARERS,
        within=30,
    )
