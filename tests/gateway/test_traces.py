"""A trace from outside: linked to, continued for whom we trust, ignored when it is none."""

import httpx
import pytest

from apps.gateway.clients.upstreams import HttpUpstream
from apps.kit import http

from .house import House

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
PARENT = f"00-{TRACE}-{SPAN}-01"
PATH = "/api/v1/payments"
ANYBODY = {"Authorization": "Bearer shop payments:read"}
TRUSTED = {"Authorization": "Bearer till payments:read trace:continue"}

HOSTILE = {
    "in capitals": [("traceparent", PARENT.upper())],
    "without a trace": [("traceparent", f"00-{'0' * 32}-{SPAN}-01")],
    "without a span": [("traceparent", f"00-{TRACE}-{'0' * 16}-01")],
    "of a version that cannot be": [("traceparent", f"ff-{TRACE}-{SPAN}-01")],
    "too short": [("traceparent", f"00-{TRACE[:-1]}-{SPAN}-01")],
    "with more than version 00 has": [("traceparent", PARENT + "-more")],
    "no traceparent at all": [("traceparent", "'; DROP TABLE spans; --")],
    "sent twice": [("traceparent", PARENT), ("traceparent", PARENT)],
    "sent twice, differing": [
        ("traceparent", PARENT),
        ("traceparent", PARENT.replace("4b", "5c", 1)),
    ],
    "in no ASCII": [("traceparent", "00-٤bf-é".encode())],
    "a megabyte's beginning": [("traceparent", PARENT * 200)],
}


async def asked(headers, house=None):
    client = (house or House()).client()
    given = await client.get(PATH, headers=headers)
    assert given.status_code == 200
    return given


def root(told):
    return told.span("GET /api/v1/payments")


def trace_of(span):
    return f"{span.context.trace_id:032x}"


async def test_a_strangers_trace_is_linked_to_and_not_continued(told):
    given = await asked({**ANYBODY, "traceparent": PARENT})

    span = root(told)
    assert span.parent is None
    assert trace_of(span) == given.headers["trace-id"] != TRACE
    (link,) = span.links
    assert f"{link.context.trace_id:032x}" == TRACE
    assert f"{link.context.span_id:016x}" == SPAN


async def test_a_strangers_span_that_is_a_card_number_is_not_linked_to(told):
    await asked({**ANYBODY, "traceparent": PARENT.replace(SPAN, "4111111111111111")})

    assert not root(told).links


async def test_a_trace_goes_on_for_whom_we_trust(told):
    given = await asked({**TRUSTED, "traceparent": PARENT})

    span = root(told)
    assert given.headers["trace-id"] == trace_of(span) == TRACE
    assert f"{span.parent.span_id:016x}" == SPAN
    assert not span.links


@pytest.mark.parametrize(
    "who",
    [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic till"}],
    ids=["nobody", "a bad token", "no token"],
)
async def test_whose_token_is_not_good_has_his_trace_linked_too(told, who):
    client = House().client()

    given = await client.get(PATH, headers={**who, "traceparent": PARENT})

    assert given.status_code == 401
    assert given.headers["trace-id"] != TRACE


@pytest.mark.parametrize("who", [ANYBODY, TRUSTED], ids=["anybody", "trusted"])
@pytest.mark.parametrize("sent", HOSTILE.values(), ids=HOSTILE.keys())
async def test_a_traceparent_that_is_none_is_as_if_it_were_not_there(told, who, sent):
    given = await asked([*who.items(), *sent])

    span = root(told)
    assert span.parent is None
    assert not span.links
    assert given.headers["trace-id"] == trace_of(span) != TRACE


@pytest.mark.parametrize("who", [ANYBODY, TRUSTED], ids=["anybody", "trusted"])
async def test_a_long_state_is_not_carried_on(told, who):
    await asked({**who, "traceparent": PARENT, "tracestate": f"a={'b' * 10_000}"})

    span = root(told)
    assert not span.context.trace_state
    assert all(not link.context.trace_state for link in span.links)


@pytest.mark.parametrize("who", [ANYBODY, TRUSTED], ids=["anybody", "trusted"])
async def test_what_goes_inward_is_our_trace_and_no_baggage_of_his(told, who):
    request, given = await inward({**who, "baggage": "merchant=M-02"})

    assert request.headers["traceparent"].split("-")[1] == given.headers["trace-id"]
    assert "baggage" not in request.headers


@pytest.mark.parametrize(
    ("who", "journey"),
    [(ANYBODY, None), (TRUSTED, "rush")],
    ids=["anybody", "trusted"],
)
async def test_a_journey_goes_on_for_whom_we_trust(told, who, journey):
    request, _ = await inward({**who, "baggage": "user=7,journey=rush"})

    assert request.headers.get("baggage") == (journey and f"journey={journey}")
    assert root(told).attributes.get("payscope.journey") == journey


@pytest.mark.parametrize("scopes", ["", " trace:continue"], ids=["anybody", "trusted"])
async def test_the_merchant_is_whom_the_token_names_whatever_the_header_says(
    told, scopes
):
    who = {"Authorization": f"Bearer shop@M-01 payments:read{scopes}"}

    request, _ = await inward({**who, "baggage": "merchant=M-02"})

    assert request.headers["baggage"] == "merchant=M-01"
    calls = [each for each in told.spans if each.name == "GET"]
    assert {each.attributes["merchant.id"] for each in calls} == {"M-01"}
    assert root(told).attributes["merchant.id"] == "M-01"


async def test_a_journey_without_a_trace_is_nobodys(told):
    await asked({**TRUSTED, "baggage": "journey=rush"})

    assert "payscope.journey" not in root(told).attributes


async def inward(headers):
    """What payments is asked when that is asked of the gateway, and the answer."""
    seen = []

    def give(request):
        seen.append(request)
        return httpx.Response(200, json={})

    transport = http.TracedTransport("payments", httpx.MockTransport(give), timeout_s=1)
    inner = httpx.AsyncClient(transport=transport, base_url="http://payments")
    house = House()
    house.upstreams["payments"] = HttpUpstream("payments", inner)
    sent = {**headers, "traceparent": PARENT, "tracestate": "a=b"}
    given = await asked(sent, house)
    (request,) = seen
    return request, given
