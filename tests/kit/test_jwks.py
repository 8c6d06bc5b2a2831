"""The issuer's keys: fetched once, kept while he is away, changed when he changes them."""

import asyncio
import json

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import ECKey, OctKey

from apps.kit import http
from apps.kit.auth import Reason, Refused
from apps.kit.errors import DependencyUnavailable
from apps.kit.jwks import (
    ASKED_EVERY_S,
    KEPT_S,
    LARGEST,
    RENEWED_AFTER_S,
    KeyRing,
    over_http,
    read,
)
from apps.kit.jwt import JwtTokens
from apps.kit.signals import started, trace_id
from tests.kit.tokens import KEY, NOON, OTHER, served, signed


class Issuer:
    """Serves its keys when it is there; may be slow."""

    def __init__(self):
        self.keys = {"one": KEY}
        self.is_away = False
        self.asked = 0
        self.traces = []
        self.open = asyncio.Event()
        self.open.set()

    async def fetch(self):
        self.asked += 1
        self.traces.append(trace_id())
        await self.open.wait()
        if self.is_away:
            raise httpx.ConnectError("refused")
        return served(**self.keys)


class Hands:
    """A clock that stands until it is moved."""

    def __init__(self):
        self.at = 1000.0

    def __call__(self):
        return self.at


@pytest.fixture
def issuer(told):
    return Issuer()


@pytest.fixture
def hands():
    return Hands()


@pytest.fixture
def ring(issuer, hands):
    return KeyRing(issuer.fetch, hands)


async def test_keys_are_fetched_once_and_used_by_all(ring, issuer):
    for _ in range(5):
        assert set(await ring.with_("one")) == {"one"}

    assert issuer.asked == 1


async def test_a_hundred_who_come_at_once_wait_for_one_fetch(ring, issuer):
    issuer.open.clear()
    waiting = [asyncio.create_task(ring.with_("one")) for _ in range(100)]
    await asyncio.sleep(0)
    issuer.open.set()

    found = await asyncio.gather(*waiting)

    assert all("one" in keys for keys in found)
    assert issuer.asked == 1


async def test_one_who_hangs_up_takes_the_keys_from_nobody(ring, issuer):
    issuer.open.clear()
    first, second = (asyncio.create_task(ring.with_("one")) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    issuer.open.set()

    assert "one" in await second


async def test_old_keys_are_renewed_behind_the_backs_of_those_who_use_them(
    ring, issuer, hands
):
    await ring.with_("one")
    hands.at += RENEWED_AFTER_S + 1
    issuer.open.clear()

    assert "one" in await ring.with_("one")

    issuer.open.set()
    await asyncio.sleep(0.01)
    assert issuer.asked == 2
    await ring.with_("one")
    assert issuer.asked == 2


async def test_keys_serve_on_for_hours_while_the_issuer_is_away(
    ring, issuer, hands, told
):
    await ring.with_("one")
    issuer.is_away = True

    for _ in range(11):
        hands.at += 3600
        await ring.tend()
        assert "one" in await ring.with_("one")

    assert len(told.events("auth.keys_unfetched")) == 1
    assert told.measured("auth.keys_age") == 11 * 3600


async def test_keys_that_are_too_old_are_as_none(ring, issuer, hands):
    await ring.with_("one")
    issuer.is_away = True
    hands.at += KEPT_S + 1

    with pytest.raises(DependencyUnavailable):
        await ring.with_("one")


async def test_without_any_key_it_is_our_fault_and_soon_over(ring, issuer, hands):
    issuer.is_away = True
    for _ in range(10):
        with pytest.raises(DependencyUnavailable):
            await ring.with_("one")
    assert issuer.asked == 1

    issuer.is_away = False
    hands.at += 1

    assert "one" in await ring.with_("one")


async def test_a_new_key_is_found_by_the_first_token_that_it_signed(
    ring, issuer, hands
):
    await ring.with_("one")
    issuer.keys = {"one": KEY, "two": OTHER}
    hands.at += ASKED_EVERY_S

    assert set(await ring.with_("two")) == {"one", "two"}


async def test_who_invents_keys_has_us_ask_once_in_ten_seconds(ring, issuer, hands):
    await ring.with_("one")
    begun = hands.at
    for n in range(1000):
        hands.at = begun + 60 * n / 1000
        assert f"mine-{n}" not in await ring.with_(f"mine-{n}")

    assert issuer.asked <= 1 + 60 / ASKED_EVERY_S


async def test_a_key_that_the_issuer_withdrew_is_gone(ring, issuer, hands):
    await ring.with_("one")
    issuer.keys = {"two": OTHER}
    hands.at += RENEWED_AFTER_S + 1

    await ring.tend()

    assert set(await ring.with_("two")) == {"two"}


async def test_a_fetch_is_in_no_request_s_trace(ring, issuer):
    with started("a request", kind=None):
        mine = trace_id()
        await ring.with_("one")

    assert issuer.traces[0] != mine


async def test_keys_are_there_before_anybody_asks(ring, issuer):
    await ring.start()
    await asyncio.sleep(0.01)
    assert issuer.asked == 1
    await ring.stop()


async def test_it_stops_amid_a_fetch(ring, issuer):
    issuer.open.clear()
    await ring.start()
    await asyncio.sleep(0.01)

    await asyncio.wait_for(ring.stop(), 1)


async def test_tokens_are_read_on_while_the_issuer_is_away(issuer):
    tokens = JwtTokens(issuer.fetch, "payscope", "payscope", clock=lambda: NOON)
    await tokens.caller(signed())
    issuer.is_away = True

    assert (await tokens.caller(signed())).client_id == "m-01"
    with pytest.raises(Refused) as refused:
        await tokens.caller(signed(kid="two"))

    assert refused.value.why is Reason.KEY
    assert await tokens.is_ready()


async def test_an_issuer_that_was_never_there_is_not_the_caller_s_fault(issuer):
    tokens = JwtTokens(issuer.fetch, "payscope", "payscope", clock=lambda: NOON)
    issuer.is_away = True

    with pytest.raises(DependencyUnavailable):
        await tokens.caller(signed())


async def test_what_is_no_token_is_refused_without_keys(issuer):
    tokens = JwtTokens(issuer.fetch, "payscope", "payscope")

    with pytest.raises(Refused):
        await tokens.caller("payscope-demo")

    assert issuer.asked == 0


def _set(*entries):
    return json.dumps({"keys": list(entries)}).encode()


GOOD = json.loads(served(one=KEY))["keys"][0]


@pytest.mark.parametrize(
    "entry",
    [
        OctKey.generate_key(256).as_dict() | {"kid": "a secret"},
        ECKey.generate_key("P-256").as_dict(private=False) | {"kid": "a curve"},
        GOOD | {"n": GOOD["n"][:171], "kid": "weak"},
        KEY.as_dict(private=True) | {"kid": "private"},
        GOOD | {"use": "enc"},
        GOOD | {"alg": "RS512"},
        {name: value for name, value in GOOD.items() if name != "kid"},
        GOOD | {"n": "AQAB"},
        GOOD | {"n": 7},
        "one",
        None,
    ],
    ids=lambda entry: entry.get("kid", "") if isinstance(entry, dict) else str(entry),
)
def test_only_public_rsa_keys_for_signatures_are_taken(entry):
    assert set(read(_set(GOOD | {"kid": "good"}, entry))) == {"good"}
    with pytest.raises(ValueError, match="without a key"):
        read(_set(entry))


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"<html>", b'{"keys": {}}'])
def test_what_is_no_key_set_is_as_if_nothing_came(body):
    with pytest.raises(ValueError, match=r".+"):
        read(body)


def test_a_set_without_end_is_not_read():
    with pytest.raises(ValueError, match="without end"):
        read(_set(GOOD) + b" " * LARGEST)


@given(st.recursive(st.none() | st.text() | st.integers(), st.lists))
def test_no_json_breaks_it(value):
    with pytest.raises(ValueError, match=r".+"):
        read(json.dumps({"keys": value}).encode())


@pytest.fixture
def network(monkeypatch):
    """Answers what the kit's client sends."""
    answers = []

    async def handled(request):
        return answers[0]

    def sockets(*_, **__):
        return httpx.MockTransport(handled)

    monkeypatch.setattr(http, "Sockets", sockets)
    return answers


async def test_keys_come_over_http(network, told):
    network.append(httpx.Response(200, content=served(one=KEY)))

    assert await over_http("http://issuer/keys")() == served(one=KEY)
    assert told.span("GET").attributes["url.full"] == "http://issuer/keys"


async def test_an_answer_that_is_an_error_is_no_key_set(network, told):
    network.append(httpx.Response(503))

    with pytest.raises(httpx.HTTPStatusError):
        await over_http("http://issuer/keys")()
