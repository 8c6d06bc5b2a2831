"""A trace context from outside: a stranger's is linked to, never continued."""

import secrets

import pytest

from native.backends import until

from .asking import BASE


def theirs(flags="01"):
    """A context as anybody may make one up."""
    trace = secrets.token_hex(16)
    return trace, f"00-{trace}-{secrets.token_hex(8)}-{flags}"


def door(stack, answer):
    """The gateway's own span of that request, and the whole trace."""
    trace = answer.headers["trace-id"]
    spans = stack.whole_trace(trace, "gateway", "payments")
    (first,) = [
        span for span in spans if span.service == "gateway" and span.kind == "SERVER"
    ]
    return first


@pytest.mark.parametrize("client", ["m-01", "ops"])
def test_a_strangers_trace_is_linked_to_and_not_continued(stack, gateway, client):
    trace, context = theirs()

    answer = gateway(client).asks(
        "GET", f"{BASE}/payments", headers={"traceparent": context}
    )

    assert answer.status_code == 200
    assert answer.headers["trace-id"] != trace
    span = door(stack, answer)
    assert not span.parent
    assert trace in {link.trace for link in span.links}
    assert stack.backends.tempo.trace(trace) == []


def test_who_may_continue_a_trace_does(stack, gateway):
    trace, context = theirs()

    answer = gateway("till").asks(
        "GET", f"{BASE}/payments", headers={"traceparent": context}
    )

    assert answer.headers["trace-id"] == trace
    assert until(lambda: stack.backends.tempo.trace(trace))


def test_a_stranger_cannot_have_himself_left_out(stack, m_01):
    """An unsampled context hides nothing."""
    trace, context = theirs(flags="00")

    answer = m_01.asks("GET", f"{BASE}/payments", headers={"traceparent": context})

    assert answer.headers["trace-id"] != trace
    assert door(stack, answer)


def test_without_a_token_no_trace_goes_on(stranger):
    trace, context = theirs()

    answer = stranger("gateway").asks(
        "GET", f"{BASE}/payments", headers={"traceparent": context}
    )

    assert answer.status_code == 401
    assert answer.headers["trace-id"] != trace


@pytest.mark.parametrize(
    "context",
    [
        f"00-{'0' * 32}-{'0' * 16}-01",
        f"ff-{'a' * 32}-{'b' * 16}-01",
        f"00-{'A' * 32}-{'B' * 16}-01",
        "00-xyz",
        "x" * 4_000,
    ],
)
def test_what_is_no_context_is_none(m_01, context):
    headers = {"traceparent": context, "tracestate": "k=" + "v" * 8_000}

    answer = m_01.asks("GET", f"{BASE}/payments", headers=headers)

    assert answer.status_code == 200
    assert len(answer.headers["trace-id"]) == 32


def test_what_strangers_carry_along_reaches_nobody(stack, m_01):
    """Baggage and state would go to every service and on every span."""
    word = f"planted-{secrets.token_hex(6)}"
    _trace, context = theirs()

    answer = m_01.asks(
        "POST",
        f"{BASE}/payments",
        json={},
        headers={
            "traceparent": context,
            "tracestate": f"evil={word}",
            "baggage": f"user={word}",
        },
    )

    door(stack, answer)
    stored = stack.backends.tempo.get(f"/api/traces/{answer.headers['trace-id']}")
    assert word not in stored.text
