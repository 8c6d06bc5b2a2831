"""What cannot be done in time is refused at once; the limit finds its place by itself."""

import asyncio
import heapq

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.kit.errors import Overloaded
from apps.kit.server import ServerTelemetry
from apps.kit.shedding import CALM_S, PLACES, Bounds, Shedder, Shedding


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


class Served:
    """A server that shares its speed among all that it serves, and thrashes over `knee`."""

    def __init__(self, shedder: Shedder, clock: Clock, per_s: float, knee: int) -> None:
        self._shedder, self._clock = shedder, clock
        self._per_s, self._knee = per_s, knee
        self._work: list[tuple[float, float]] = []  # (when its share is done, begun)
        self._share = 0.0  # work done so far for each that was there all the time
        self.done = self.refused = 0
        self.took: list[float] = []

    def _speed(self) -> float:
        busy = len(self._work)
        return self._per_s / busy * min(1.0, self._knee / busy)

    def passes(self, seconds: float) -> None:
        ends = self._clock.now + seconds
        while self._work:
            left = (self._work[0][0] - self._share) / self._speed()
            if self._clock.now + left > ends:
                break
            self._clock.now += left
            self._share, begun = heapq.heappop(self._work)
            self.done += 1
            self.took.append(self._clock.now - begun)
            self._shedder.leave(self.took[-1], 200)
        if self._work:
            self._share += (ends - self._clock.now) * self._speed()
        self._clock.now = ends

    def arrives(self) -> None:
        try:
            self._shedder.enter()
        except Overloaded:
            self.refused += 1
        else:
            heapq.heappush(self._work, (self._share + 1.0, self._clock.now))


def load(served: Served, per_s: float, seconds: float) -> None:
    for _ in range(int(per_s * seconds)):
        served.arrives()
        served.passes(1 / per_s)


@pytest.mark.parametrize("start", [5, 60, 150], ids=["low", "near", "high"])
def test_under_ten_times_the_load_the_server_does_what_it_can(clock, told, start):
    shedder = Shedder(Bounds(4, 500, start, target_s=0.25), clock)
    served = Served(shedder, clock, per_s=100, knee=60)
    load(served, per_s=1_000, seconds=20)  # finds its limit
    done, refused, took = served.done, served.refused, len(served.took)

    load(served, per_s=1_000, seconds=30)

    settled = sorted(served.took[took:])
    assert served.done - done >= 0.8 * 100 * 30
    assert settled[int(0.99 * len(settled))] <= 1.0
    assert served.refused > refused
    assert 10 <= shedder.limit <= 60


def test_without_a_limit_the_same_server_thrashes(clock, told):
    """What the test above would be worth if shedding did nothing."""
    served = Served(Shedder(Bounds.fixed(10**6), clock), clock, per_s=100, knee=60)

    load(served, per_s=1_000, seconds=20)

    assert served.done < 0.1 * 100 * 20


def test_a_load_that_it_can_carry_is_not_refused(clock, told):
    shedder = Shedder(Bounds(4, 500, 50, target_s=0.25), clock)
    served = Served(shedder, clock, per_s=100, knee=60)

    load(served, per_s=80, seconds=60)

    assert served.refused == 0


def test_after_the_storm_all_are_let_in_again(clock, told):
    shedder = Shedder(Bounds(4, 500, 50, target_s=0.25), clock)
    served = Served(shedder, clock, per_s=100, knee=60)
    load(served, per_s=1_000, seconds=20)
    load(served, per_s=80, seconds=10)
    refused = served.refused

    load(served, per_s=80, seconds=30)
    shedder.watch()

    assert served.refused == refused
    assert not shedder.is_shedding
    assert len(told.events("shedding.began")) == 1
    assert told.event("shedding.ended")["shedding.refused"] == refused


def test_what_was_let_in_before_is_let_in_again_when_nobody_waits(clock, told):
    shedder = Shedder(Bounds(4, 500, 50, target_s=0.25), clock)
    served = Served(shedder, clock, per_s=100, knee=60)
    load(served, per_s=1_000, seconds=20)
    shrunk = shedder.limit

    load(served, per_s=20, seconds=30)

    assert shrunk < 50 <= shedder.limit


def test_one_dependency_that_hangs_does_not_shut_the_others_out(clock, told):
    shedder = Shedder(Bounds(4, 500, 50, target_s=0.25), clock)
    for number in range(400):
        shedder.enter()
        clock.now += 0.01
        shedder.leave(0.01 if number % 3 == 0 else 2.0, 200)

    assert shedder.limit == 50


@pytest.mark.parametrize("status", [503, 504])
def test_what_failed_for_want_of_capacity_counts_as_slow(clock, told, status):
    shedder = Shedder(Bounds(4, 500, 50, target_s=0.25), clock)
    for _ in range(100):
        shedder.enter()
        clock.now += 0.01
        shedder.leave(0.01, status)

    assert shedder.limit < 50


CHEAP = [304, 400, 401, 403, 404, 405, 409, 415, 422, 429, 500]


@given(st.lists(st.sampled_from(CHEAP), min_size=3, max_size=3), st.integers(1, 9))
def test_cheap_answers_do_not_hide_that_the_dear_ones_are_slow(cheap, tenths):
    clock = Clock()
    shedder = Shedder(Bounds(8, 512, 64, target_s=0.4), clock)
    for number in range(2_000):
        for _ in range(int(shedder.limit * 0.9) - shedder.in_flight):
            shedder.enter()
        clock.now += 0.01
        if number % 10 < tenths:
            shedder.leave(0.001, cheap[number % 3])
        else:
            shedder.leave(30.0, 200)
        assert shedder.limit <= 64

    assert shedder.limit == 8


@pytest.mark.parametrize("status", [0, 401, 404, 500])
def test_what_is_no_success_is_no_proof_of_speed_but_one_of_slowness(
    clock, told, status
):
    shedder = Shedder(Bounds(8, 512, 64, target_s=0.4), clock)

    def answered(seconds):
        for _ in range(200):
            for _ in range(int(shedder.limit * 0.9) - shedder.in_flight):
                shedder.enter()
            clock.now += 0.01
            shedder.leave(seconds, status)

    answered(0.001)
    assert shedder.limit == 64
    answered(1.0)
    assert shedder.limit < 64


@given(
    st.integers(1, 20),
    st.lists(st.booleans() | st.floats(0, 3), max_size=200),
)
def test_there_are_never_more_in_flight_than_the_limit_allowed(limit, steps):
    clock = Clock()
    shedder = Shedder(Bounds(1, 40, limit, target_s=0.25), clock)
    inside = 0
    for step in steps:
        if isinstance(step, bool):
            allowed = shedder.limit
            try:
                shedder.enter()
            except Overloaded:
                assert inside >= allowed
            else:
                assert inside < allowed
                inside += 1
        elif inside:
            clock.now += step
            shedder.leave(step, 200)
            inside -= 1
        assert shedder.in_flight == inside
        assert 1 <= shedder.limit <= 40


@pytest.fixture
def shedder():
    return Shedder(Bounds.fixed(1))


@pytest.fixture
async def client(shedder):
    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    transport = httpx.ASGITransport(ServerTelemetry(Shedding(app, shedder)))
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
        yield client


async def test_a_refusal_says_when_to_come_again_and_is_counted_not_logged(
    client, shedder, told
):
    assert (await client.get("/payments")).status_code == 204
    shedder.enter()

    refused = [await client.get("/payments") for _ in range(3)]

    assert {answer.status_code for answer in refused} == {503}
    assert {answer.headers["retry-after"] for answer in refused} == {"1"}
    assert refused[0].json()["code"] == "overloaded"
    assert told.counted("shedding.refused") == 3
    assert len(told.events("shedding.began")) == 1
    assert told.events("request.failed") == []
    spans = [span for span in told.spans if span.events]
    assert [span.events[0].name for span in spans] == ["shedding.refused"] * 3


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/startupz", "/ops/breakers"])
async def test_who_watches_or_mends_is_let_in(client, shedder, told, path):
    shedder.enter()

    for _ in range(2 * PLACES):
        assert (await client.get(path)).status_code == 204


@pytest.mark.parametrize("path", ["/livez/", "/livezx", "/readyz/../payments", "/ops"])
async def test_what_only_begins_like_a_probe_is_none(client, shedder, told, path):
    shedder.enter()

    assert (await client.get(path)).status_code == 503


async def test_those_who_mend_have_so_many_places_and_no_more(told):
    shedder, inside, go_on = Shedder(Bounds.fixed(1)), [], asyncio.Event()

    async def app(scope, receive, send):
        inside.append(scope["path"])
        await go_on.wait()
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    transport = httpx.ASGITransport(Shedding(app, shedder))
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
        asking = [
            asyncio.create_task(client.get("/ops/breakers")) for _ in range(PLACES)
        ]
        while len(inside) < PLACES:
            await asyncio.sleep(0)
        refused = await client.get("/ops/breakers")
        go_on.set()
        given = [(await each).status_code for each in asking]

        assert refused.status_code == 503
        assert told.counted("shedding.refused") == 1
        assert given == [204] * PLACES
        assert (await client.get("/ops/breakers")).status_code == 204
        assert shedder.in_flight == 0


async def test_what_breaks_leaves_too(shedder, told):
    async def breaks(scope, receive, send):
        raise RuntimeError

    transport = httpx.ASGITransport(
        ServerTelemetry(Shedding(breaks, shedder)), raise_app_exceptions=False
    )
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
        with pytest.raises(AssertionError):  # an app that answers nothing at all
            await client.get("/payments")

    assert shedder.in_flight == 0


def test_the_gauges_say_how_it_stands(clock, told):
    shedder = Shedder(Bounds.fixed(7), clock)
    shedder.enter()
    clock.now += CALM_S

    shedder.watch()

    assert told.measured("shedding.limit") == 7
    assert told.measured("shedding.in_flight") == 1
