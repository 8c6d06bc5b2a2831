"""How long the caller waits holds for every wait of the request, and is sent on."""

import asyncio

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.kit import deadlines
from apps.kit.server import ServerTelemetry


@pytest.fixture
def clock(monkeypatch):
    class Clock:
        now = 1_000.0

        def monotonic(self):
            return self.now

    clock = Clock()
    monkeypatch.setattr(deadlines, "time", clock)
    return clock


def test_without_a_deadline_every_wait_is_as_long_as_it_says():
    assert deadlines.left_s() is None
    assert deadlines.cut(2.0) == 2.0
    assert deadlines.onward() == {}


def test_time_that_passes_is_subtracted(clock):
    with deadlines.begun("1000"):
        clock.now += 0.4

        assert deadlines.left_s() == pytest.approx(0.6)
        assert deadlines.cut(2.0) == pytest.approx(0.6)
        assert deadlines.cut(0.1) == 0.1
        assert deadlines.onward() == {"Request-Timeout-Ms": "540"}
    assert deadlines.left_s() is None


def test_when_time_is_up_nothing_is_left_and_never_less(clock):
    with deadlines.begun("1000"):
        clock.now += 5

        assert (deadlines.left_s(), deadlines.cut(2.0)) == (0.0, 0.0)
        assert deadlines.onward() == {"Request-Timeout-Ms": "1"}


def test_a_part_of_the_work_has_no_more_time_than_the_whole(clock):
    with deadlines.begun("1000"), deadlines.within(5.0):
        assert deadlines.left_s() == pytest.approx(1.0)
    with deadlines.begun("1000"), deadlines.within(0.2):
        assert deadlines.left_s() == pytest.approx(0.2)


def test_what_must_be_done_anyhow_waits_as_long_as_it_says(clock):
    with deadlines.begun("1000"):
        with deadlines.unbound():
            assert deadlines.left_s() is None
        assert deadlines.left_s() == pytest.approx(1.0)


@pytest.mark.parametrize("header", [None, "", "soon", "-5", "1.5", "٣٠٠", "3 0", "9,9"])
def test_a_header_that_is_no_number_is_no_deadline(header):
    with deadlines.begun(header):
        assert deadlines.left_s() is None


@given(st.integers(1, 10**12), st.integers(1, 5))
def test_each_hop_has_less_than_the_one_before(asked, hops):
    header = str(asked)
    before = min(asked, deadlines.LONGEST_MS)
    for _ in range(hops):
        with deadlines.begun(header):
            header = deadlines.onward()["Request-Timeout-Ms"]
        assert 1 <= int(header) <= before
        assert int(header) < before or before == 1
        before = int(header)


async def test_the_server_reads_the_header_for_its_own_request_alone():
    seen = []

    async def app(scope, receive, send):
        await asyncio.sleep(0)
        seen.append(deadlines.left_s())
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    transport = httpx.ASGITransport(ServerTelemetry(app))
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
        waiting = client.get("/", headers={"Request-Timeout-Ms": "500"})
        await asyncio.gather(waiting, client.get("/"))

    bound, free = sorted(seen, key=lambda left: left is None)
    assert 0 < bound <= 0.5
    assert free is None


def test_a_call_that_our_callers_deadline_cut_is_counted(told):
    with deadlines.begun("100"):
        deadlines.exceeded("bank")

    assert told.counted("deadline.exceeded", peer_service="bank") == 1


def test_a_call_that_a_budget_of_our_own_cut_is_none_of_our_callers(told):
    deadlines.exceeded("bank")
    with deadlines.within(0.1):
        deadlines.exceeded("bank")
    with deadlines.begun("3000"), deadlines.within(0.1):
        deadlines.exceeded("bank")
    assert told.counted("deadline.exceeded") == 0

    with deadlines.begun("100"), deadlines.within(3):
        deadlines.exceeded("bank")
    assert told.counted("deadline.exceeded") == 1
