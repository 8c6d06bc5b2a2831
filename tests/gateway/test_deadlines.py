"""Nobody waits past his deadline, whatever the service behind does."""

import asyncio
from unittest import mock

import httpx
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.gateway.clients.upstreams import HttpUpstream
from apps.gateway.domain.kept import FRESH_S
from apps.kit import deadlines, http

from .clock import timed
from .house import HOUSE, House

WAYS = st.sampled_from(
    [("POST", "/api/v1/payments"), ("GET", "/api/v1/payments"), ("GET", "/api/v1/pos")]
)
SECONDS = st.floats(0, 8) | st.just(60.0)


class VirtualTime:
    """The loop's own time, for what asks the process's clock."""

    def monotonic(self):
        return asyncio.get_running_loop().time()


def house_before(answers_after_s):
    """A gateway whose payments takes so long, each time it is asked."""
    times = list(answers_after_s)

    async def give(_request):
        await asyncio.sleep(times.pop(0) if len(times) > 1 else times[0])
        return httpx.Response(200, json=[])

    inner = http.TracedTransport("payments", httpx.MockTransport(give), timeout_s=2.8)
    client = httpx.AsyncClient(transport=inner, base_url="http://payments")
    house = House()
    house.upstreams["payments"] = HttpUpstream("payments", client)
    return house


async def waited(client, method, path, patience_ms):
    loop = asyncio.get_running_loop()
    headers = {**HOUSE, "Request-Timeout-Ms": str(patience_ms)}
    begun = loop.time()
    given = await client.request(method, path, headers=headers)
    return given.status_code, loop.time() - begun


@settings(max_examples=60, deadline=None)
@given(WAYS, st.integers(1, 6_000), SECONDS)
def test_whoever_asks_has_an_answer_before_he_gives_up(way, patience_ms, takes_s):
    with mock.patch.object(deadlines, "time", VirtualTime()):
        client = house_before([takes_s]).client()
        (status, seconds), _all = timed(waited(client, *way, patience_ms))

    assert seconds <= min(patience_ms, 3_000) / 1000 + 0.1
    assert status in {200, 504}
    assert status == 504 or takes_s <= 3.0


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 4_000), min_size=2, max_size=5), SECONDS)
def test_who_asks_for_a_list_beside_others_waits_no_longer_than_he_says(
    patience_ms, takes_s
):
    async def asking():
        house = house_before([0.0, takes_s])
        client = house.client()
        await waited(client, "GET", "/api/v1/pos", 3_000)
        house.clock.at += FRESH_S
        return await asyncio.gather(
            *(waited(client, "GET", "/api/v1/pos", each) for each in patience_ms)
        )

    with mock.patch.object(deadlines, "time", VirtualTime()):
        given, _all = timed(asking())

    for (status, seconds), each in zip(given, patience_ms, strict=True):
        assert seconds <= min(each, 3_000) / 1000 + 0.1
        assert status == 200, "the old list, if not the new one"
