"""Two words go along with a trace; whatever else strangers pack is left behind."""

import re

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.kit import baggage
from apps.kit.cards import holds_card
from apps.kit.http import TracedTransport
from apps.kit.server import ServerTelemetry
from apps.kit.signals import follow, of_merchant, tell

TRACED = f"00-{'4b' * 16}-{'a7' * 8}-01"
CARD = "5204460010000007"

DROPPED = {
    "an unknown key": "customer=m-01",
    "a merchant with the digits of a card": f"merchant=M-{CARD}",
    "a merchant with a sentence": "merchant=M-01 says no",
    "a merchant too long": f"merchant={'M' * 33}",
    "a key that ends alike": "my-journey=rush",
    "capitals": "journey=Rush",
    "digits": "journey=rush-2",
    "a card number": f"journey={CARD}",
    "a card number beside it": f"journey=rush,card={CARD}",
    "an encoded value": "journey=%72ush",
    "a word too long": f"journey={'a' * 33}",
    "no word": "journey=",
    "a sentence": "journey=rush to the door",
    "lines": "journey=rush\r\nx: y",
    "too much of it": f"journey=rush,more={'a' * 600}",
    "a megabyte": "a=" + "b" * 1_000_000,
    "nothing": "",
}
KEPT = {
    "alone": "journey=rush",
    "with a property": "journey=rush;of=load",
    "among others": "shop=m-01, journey=rush ,user=7",
    "twice": "journey=rush,journey=shop",
    "spaced": "journey = rush",
}


async def served(header, app):
    async def send(_message):
        pass

    scope = {"type": "http", "method": "GET", "path": "/", "scheme": "http"}
    headers = [(b"traceparent", TRACED.encode()), (b"baggage", header.encode())]
    await ServerTelemetry(app)({**scope, "headers": headers}, None, send)


async def answering(scope, receive, send):
    tell("thing.happened", {"thing.size": 1})
    await send({"type": "http.response.start", "status": 204, "headers": []})


@pytest.mark.parametrize("header", DROPPED.values(), ids=DROPPED.keys())
async def test_what_is_not_let_in_is_nowhere(told, header):
    seen = []

    async def app(scope, receive, send):
        seen.append(baggage.onward())
        await answering(scope, receive, send)

    await served(header, app)

    assert seen == [{}]
    assert baggage.JOURNEY not in told.span("GET").attributes
    assert baggage.JOURNEY not in told.event("thing.happened")


@pytest.mark.parametrize("header", KEPT.values(), ids=KEPT.keys())
async def test_the_journey_is_told_on_the_span_and_on_the_line(told, header):
    await served(header, answering)

    assert told.span("GET").attributes["payscope.journey"] == "rush"
    assert told.event("thing.happened")["payscope.journey"] == "rush"


async def test_the_journey_goes_on_with_a_call_and_ends_with_its_request():
    sent = []

    def give(request):
        sent.append(request.headers)
        return httpx.Response(200)

    async def app(scope, receive, send):
        inner = TracedTransport("bank", httpx.MockTransport(give), timeout_s=1)
        async with httpx.AsyncClient(transport=inner) as client:
            await client.get("http://bank/", headers={"baggage": "user=7"})
        await answering(scope, receive, send)

    await served("user=7,journey=rush", app)

    assert [headers["baggage"] for headers in sent] == ["journey=rush"]
    assert baggage.onward() == {}
    assert baggage.kept() is None


@given(st.text(max_size=600) | st.from_regex(r"journey=[a-z0-9,;=\- ]{0,60}"))
def test_whatever_comes_a_short_word_goes_on_or_nothing(header):
    with baggage.carried(header) as facts:
        word = facts.get(baggage.JOURNEY, "a")

        assert set(word) <= set("abcdefghijklmnopqrstuvwxyz-")
        assert len(word) <= 32
        assert not holds_card(word)
        assert set(baggage.onward()) <= {"baggage"}


@given(st.text(max_size=600) | st.from_regex(r"merchant=[a-zA-Z0-9,;=\- ]{0,60}"))
def test_whatever_comes_a_merchants_name_goes_on_or_nothing(header):
    with baggage.carried(header) as facts:
        name = facts.get(baggage.MERCHANT, "M-01")

        assert re.fullmatch(r"[A-Za-z0-9_-]{1,32}", name)
        assert not holds_card(name)


def test_what_goes_on_is_heard_as_it_was_meant():
    with baggage.carried("journey=rush"):
        baggage.name("M-01")
        header, meant = baggage.kept(), baggage.facts()

    with baggage.carried(header) as heard:
        assert heard == meant == {"payscope.journey": "rush", "merchant.id": "M-01"}
    assert baggage.of_stranger(header) == "journey=rush"


async def test_once_a_merchant_is_named_spans_lines_and_calls_say_so(told):
    sent = []

    def give(request):
        sent.append(request.headers.get("baggage"))
        return httpx.Response(200)

    async def app(scope, receive, send):
        of_merchant("M-01")
        inner = TracedTransport("bank", httpx.MockTransport(give), timeout_s=1)
        async with httpx.AsyncClient(transport=inner) as client:
            await client.put("http://bank/")
        await answering(scope, receive, send)

    await served("journey=rush", app)

    assert sent == ["journey=rush,merchant=M-01"]
    assert told.event("thing.happened")["merchant.id"] == "M-01"
    assert told.span("GET").attributes["merchant.id"] == "M-01"
    assert told.span("PUT").attributes["merchant.id"] == "M-01"
    assert told.span("PUT").attributes["payscope.journey"] == "rush"


def test_a_fact_that_names_another_merchant_is_not_overruled(told):
    with baggage.carried("merchant=M-01"):
        tell("merchant.settled", {"merchant.id": "M-02"})

    assert told.event("merchant.settled")["merchant.id"] == "M-02"


def test_what_follows_begins_with_nothing_and_leaves_nothing(told):
    with baggage.carried("journey=rush,merchant=M-01"):
        with follow("payments.capture", None):
            assert baggage.kept() is None
            of_merchant("M-02")
        assert baggage.kept() == "journey=rush,merchant=M-01"

    assert told.span("payments.capture").attributes["merchant.id"] == "M-02"
