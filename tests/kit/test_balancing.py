"""Replicas: the less busy of two, none that is gone, and never none at all."""

import asyncio
import random
import socket
from contextlib import asynccontextmanager

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from apps.kit import deadlines, http
from apps.kit.balancing import FAILURES, OUT_S, Replicas

URLS = ["http://one:1", "http://two:2", "http://three:3"]


class Clock:
    """Time that stands still until somebody moves it."""

    now = 1000.0

    def __call__(self):
        return self.now


def replicas(urls=URLS, seed=1, clock=None):
    chance = random.Random(seed)  # noqa: S311  (it decides nothing that is secret)
    return Replicas("bank", ",".join(urls), clock=clock or Clock(), chance=chance)


def ask(among, replica, fault=None):
    try:
        with among.asked(replica):
            if fault:
                raise fault
    except (httpx.HTTPError, RuntimeError):
        return


def break_off(among, replica, times=FAILURES):
    for _ in range(times):
        ask(among, replica, httpx.ConnectError("refused"))


def picked(among, times=60):
    return {among.pick().name for _ in range(times)}


@given(seed=st.integers(0, 2**32), width=st.integers(1, 12))
@settings(max_examples=25, deadline=None)
def test_requests_spread_evenly_over_three(seed, width):
    """`width` requests are under way at once, and end in the order of their start."""
    among, count, open_ = replicas(seed=seed), {}, []
    for _ in range(6000):
        replica = among.pick()
        count[replica.name] = count.get(replica.name, 0) + 1
        asked = among.asked(replica)
        asked.__enter__()
        open_.append(asked)
        if len(open_) == width:
            open_.pop(0).__exit__(None, None, None)

    assert all(1800 <= each <= 2200 for each in count.values()), count


def test_the_less_busy_of_two_is_asked():
    among = replicas(URLS[:2])
    busy = among.pick()
    with among.asked(busy):
        assert busy.name not in picked(among)


def test_who_does_not_connect_five_times_is_left_out_for_ten_seconds(told):
    clock = Clock()
    among = replicas(clock=clock)
    dead = among.pick()

    break_off(among, dead, FAILURES - 1)
    assert dead.name in picked(among)
    break_off(among, dead, 1)
    assert dead.name not in picked(among)
    clock.now += OUT_S - 0.1
    assert dead.name not in picked(among)
    clock.now += 0.1
    assert dead.name in picked(among)

    assert told.event("replica.ejected")["peer.replica"] == dead.name
    assert told.counted("balancer.ejections", peer_replica=dead.name) == 1
    ours = {"peer_service": among.service}
    assert told.measured("balancer.replicas", replica_state="ejected", **ours) == 1
    assert told.measured("balancer.replicas", replica_state="in", **ours) == 2


def test_an_answer_between_failures_begins_the_count_anew():
    among = replicas()
    shaky = among.pick()

    break_off(among, shaky, FAILURES - 1)
    ask(among, shaky)
    break_off(among, shaky, FAILURES - 1)

    assert shaky.name in picked(among)


@pytest.mark.parametrize(
    "fault", [httpx.ReadTimeout("slow"), httpx.PoolTimeout("busy"), RuntimeError()]
)
def test_who_is_slow_is_not_gone(fault):
    among = replicas()
    slow = among.pick()

    for _ in range(FAILURES * 2):
        ask(among, slow, fault)

    assert slow.name in picked(among)


def test_one_request_alone_finds_out_whether_it_is_back(told):
    clock = Clock()
    among = replicas(URLS[:2], clock=clock)
    dead = among.pick()
    break_off(among, dead)
    clock.now += OUT_S

    with among.asked(dead):
        assert dead.name not in picked(among)

    assert dead.name in picked(among)
    assert told.event("replica.returned")["peer.replica"] == dead.name


def test_a_trial_that_fails_leaves_it_out_again(told):
    clock = Clock()
    among = replicas(URLS[:2], clock=clock)
    dead = among.pick()
    break_off(among, dead)
    clock.now += OUT_S
    break_off(among, dead, 1)

    assert dead.name not in picked(among)
    assert told.counted("balancer.ejections") == 2
    assert len(told.events("replica.ejected")) == 1


def test_a_trial_without_an_answer_leaves_the_next_one_to_try():
    clock = Clock()
    among = replicas(URLS[:2], clock=clock)
    dead = among.pick()
    break_off(among, dead)
    clock.now += OUT_S
    ask(among, dead, httpx.ReadTimeout("slow"))

    assert dead.name in picked(among)


def test_the_last_one_is_never_left_out():
    among = replicas(URLS[:1])
    break_off(among, among.pick(), 50)

    assert picked(among) == {"one:1"}


def test_the_announced_are_asked_and_the_configured_when_nobody_announces_himself():
    among = replicas(URLS[:1])
    among.follow({"bank-1": URLS[0], "bank-2": URLS[1]})
    assert picked(among) == {"bank-1", "bank-2"}

    among.follow({"bank-2": URLS[1]})
    assert picked(among) == {"bank-2"}

    among.follow({})
    assert picked(among) == {"one:1"}


def test_who_is_announced_anew_keeps_what_is_known_of_him():
    among = replicas()
    dead = among.pick()
    break_off(among, dead)

    among.follow({f"bank-{number}": url for number, url in enumerate(URLS)})

    assert dead.name.startswith("bank-")
    assert dead.name not in picked(among)


def test_repeats_are_a_tenth_of_all_requests_in_the_long_run():
    among, repeats = replicas(), 0
    for _ in range(10_000):
        repeats += among.may_repeat(among.pick())

    assert repeats <= 10_000 * 0.1 + 100


class Ejections(RuleBasedStateMachine):
    """Against a model: per replica its failures in a row, and until when it is out."""

    def __init__(self):
        super().__init__()
        self.clock = Clock()
        self.among = replicas(clock=self.clock)
        self.failures = dict.fromkeys(self.names, 0)
        self.out = dict.fromkeys(self.names)

    names = ("one:1", "two:2", "three:3")

    def replica(self, name):
        return next(r for r in self.among if r.name == name)

    @rule(name=st.sampled_from(names))
    def answers(self, name):
        ask(self.among, self.replica(name))
        self.failures[name], self.out[name] = 0, None

    @rule(name=st.sampled_from(names), times=st.integers(1, 6))
    def breaks(self, name, times):
        for _ in range(times):
            break_off(self.among, self.replica(name), 1)
            self.failures[name] += 1
            others = [each for each in self.names if each != name]
            if self.failures[name] >= 5 and any(not self.out[o] for o in others):
                self.out[name] = self.clock.now + 10

    @rule(name=st.sampled_from(names))
    def is_silent(self, name):
        ask(self.among, self.replica(name), httpx.ReadTimeout("slow"))

    @rule(seconds=st.floats(0.1, 12))
    @precondition(lambda self: any(self.out.values()))
    def time_goes_by(self, seconds):
        self.clock.now += seconds

    @invariant()
    def exactly_those_are_asked_that_the_model_lets(self):
        able = {
            name
            for name in self.names
            if not self.out[name] or self.out[name] <= self.clock.now
        }
        assert able, "never none"
        assert picked(self.among, 100) == able


TestEjections = Ejections.TestCase
TestEjections.settings = settings(max_examples=60, deadline=None)


@asynccontextmanager
async def served(answer=b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok", after_s=0.0):
    """A replica; `answer` empty: it reads the request and breaks off."""
    heard, open_ = [], set()

    async def serve(reader, writer):
        open_.add(asyncio.current_task())
        try:
            while head := await _head(reader):
                heard.append(head)
                if not answer:
                    writer.transport.abort()
                    return
                await asyncio.sleep(after_s)
                writer.write(answer)
                await writer.drain()
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", heard
    finally:
        server.close()
        for task in open_:
            task.cancel()
        await asyncio.gather(*open_, return_exceptions=True)


async def _head(reader):
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        return b""


@asynccontextmanager
async def asking(*urls, timeout_s=2.0):
    client = http.client("bank", ",".join(urls), timeout_s=timeout_s)
    try:
        yield client
    finally:
        await client.stop()


def closed_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


KEYED = {"idempotency-key": "k"}


async def test_one_of_two_is_gone_and_nobody_notices(told):
    async with served() as (good, heard), asking(closed_port(), good) as client:
        answers = [await client.get("/") for _ in range(40)]
        keyed = [await client.post("/", headers=KEYED) for _ in range(40)]

    assert {answer.status_code for answer in answers + keyed} == {200}
    assert len(heard) == 80
    assert told.counted("balancer.ejections") == 1
    assert told.event("replica.ejected")["peer.service"] == "bank"


async def test_what_nobody_heard_is_put_to_another_though_it_may_not_come_twice(told):
    async with served() as (good, heard), asking(closed_port(), good) as client:
        answers = [await client.post("/", content=b"{}") for _ in range(40)]

    assert {answer.status_code for answer in answers} == {200}
    assert len(heard) == 40
    refused = told.counted("http.client.request.duration", error_type="ConnectError")
    assert refused == FAILURES


async def test_what_nobody_heard_goes_over_within_the_budget_alone(told):
    async with served() as (good, heard), asking(closed_port(), good) as client:
        client.replicas._chance.seed(1)
        client.replicas._repeats = 0.0
        failures = 0
        for _ in range(9):
            try:
                await client.post("/", content=b"{}")
            except httpx.ConnectError:
                failures += 1

    assert failures > 0
    assert failures + len(heard) == len(told.spans) == 9


class OnceInVain(httpx.AsyncBaseTransport):
    """The first request ends in a fault, after a while; the others are answered."""

    def __init__(self, fault):
        self.fault, self.asked = fault, []

    async def handle_async_request(self, request):
        self.asked.append(request.url.host)
        if len(self.asked) == 1:
            raise self.fault from TimeoutError()
        return httpx.Response(200)


def over(inner):
    traced = http.TracedTransport("bank", inner, timeout_s=2)
    transport = http.BalancedTransport(replicas(URLS[:2]), traced, timeout_s=2)
    return httpx.AsyncClient(transport=transport, base_url="http://bank")


async def test_who_does_not_connect_in_time_has_heard_nothing(told):
    inner = OnceInVain(httpx.ConnectTimeout("nobody there"))
    async with over(inner) as client:
        answer = await client.post("/", content=b"{}")

    assert answer.status_code == 200
    assert sorted(inner.asked) == ["one", "two"]


async def test_who_connects_and_is_silent_may_have_heard(told):
    inner = OnceInVain(httpx.ReadTimeout("silence"))
    async with over(inner) as client:
        with pytest.raises(httpx.ReadTimeout):
            await client.post("/", content=b"{}", headers=KEYED)

    assert len(inner.asked) == 1


async def test_the_story_of_a_failover_is_on_its_spans(told):
    gone = closed_port()
    async with served() as (good, _), asking(gone, good) as client:
        client.replicas._chance.seed(1)
        while not told.counted(
            "http.client.request.duration", error_type="ConnectError"
        ):
            await client.get("/")

    second, first = told.spans[-1], told.spans[-2]
    assert first.attributes["error.type"] == "ConnectError"
    assert first.attributes["server.port"] == httpx.URL(gone).port
    assert second.attributes["server.port"] == httpx.URL(good).port
    assert second.attributes["peer.replica"] == httpx.URL(good).netloc.decode()
    assert second.attributes["http.request.resend_count"] == 1
    (event,) = second.events
    assert event.name == "replica.failover"
    assert event.attributes["peer.replica.before"] == httpx.URL(gone).netloc.decode()


async def test_a_reset_is_repeated_where_a_key_makes_it_harmless(told):
    async with (
        served(answer=b"") as (cutting, cut),
        served() as (good, heard),
        asking(cutting, good) as client,
    ):
        for _ in range(20):
            answer = await client.post("/", content=b"{}", headers=KEYED)
            assert answer.status_code == 200

    assert 1 <= len(cut) <= FAILURES
    assert len(heard) == 20


async def test_what_may_not_happen_twice_is_asked_once(told):
    async with (
        served(answer=b"") as (cutting, cut),
        served() as (good, heard),
        asking(cutting, good) as client,
    ):
        failures = 0
        for _ in range(20):
            try:
                await client.post("/", content=b"{}")
            except httpx.ReadError:
                failures += 1

    assert failures == len(cut) == FAILURES
    assert len(heard) == 20 - failures


async def test_silence_is_never_asked_a_second_time(told):
    async with (
        served(after_s=5) as (one, heard),
        served(after_s=5) as (two, as_well),
        asking(one, two, timeout_s=0.1) as client,
    ):
        with pytest.raises(httpx.ReadTimeout):
            await client.get("/")

        assert len(heard + as_well) == 1


async def test_each_replica_is_called_by_its_own_name(told):
    async with (
        served() as (one, heard),
        served() as (two, as_well),
        asking(one, two) as client,
    ):
        for _ in range(20):
            await client.get("/things?a=b")

    for url, heads in ((one, heard), (two, as_well)):
        assert heads
        for head in heads:
            assert f"host: {httpx.URL(url).netloc.decode()}" in head.decode().lower()
            assert head.startswith(b"GET /things?a=b ")


async def test_a_replica_can_be_asked_past_the_balancer(told):
    async with (
        served() as (one, heard),
        served() as (two, as_well),
        asking(one, two) as client,
    ):
        for _ in range(20):
            await client.get(f"{one}/ops")

    assert (len(heard), len(as_well)) == (20, 0)
    assert told.counted("balancer.picks") == 0


async def test_a_call_is_cut_at_its_callers_deadline_and_says_what_is_left(told):
    async with served(after_s=5) as (url, heard), asking(url) as client:
        with deadlines.begun("200"), pytest.raises(httpx.ReadTimeout):
            await client.get("/")

        assert told.counted("deadline.exceeded", peer_service="bank") == 1
        (head,) = heard
        (line,) = (
            line for line in head.decode().splitlines() if "timeout-ms" in line.lower()
        )
        assert 150 < int(line.partition(":")[2]) <= 180
