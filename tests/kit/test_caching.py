"""Answers that are kept: asked for once, given again, and old rather than none."""

import asyncio

import pytest

from apps.kit.caching import Cache, Outcome

FRESH_S, STALE_S = 30.0, 600.0


class AwayError(Exception):
    pass


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


class Origin:
    """Gives the next number each time, unless it is away."""

    def __init__(self):
        self.asked = 0
        self.is_away = False
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self):
        self.asked += 1
        number = self.asked
        await self.gate.wait()
        if self.is_away:
            raise AwayError
        return number


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def origin():
    return Origin()


@pytest.fixture
def cache(clock):
    return Cache(
        "test",
        fresh_s=FRESH_S,
        stale_s=STALE_S,
        most=100,
        faults=(AwayError,),
        clock=clock,
    )


async def test_what_is_fresh_is_not_asked_for_again(cache, clock, origin):
    first = await cache.get("a", origin)
    clock.now = FRESH_S - 1
    again = await cache.get("a", origin)
    clock.now = FRESH_S
    later = await cache.get("a", origin)

    assert (first.value, first.outcome) == (1, Outcome.MISS)
    assert (again.value, again.outcome, again.age_s) == (1, Outcome.HIT, FRESH_S - 1)
    assert (later.value, later.outcome) == (2, Outcome.MISS)


async def test_a_hundred_who_ask_at_once_are_one_question(cache, origin, told):
    origin.gate.clear()
    asking = [asyncio.create_task(cache.get("a", origin)) for _ in range(100)]
    await asyncio.sleep(0)
    origin.gate.set()

    found = await asyncio.gather(*asking)

    assert origin.asked == 1
    assert {each.value for each in found} == {1}
    assert told.counted("cache.lookups", cache_outcome="miss") == 1
    assert told.counted("cache.lookups", cache_outcome="coalesced") == 99


async def test_who_asked_first_may_go_away_and_the_others_have_their_answer(
    cache, origin
):
    origin.gate.clear()
    first = asyncio.create_task(cache.get("a", origin))
    await asyncio.sleep(0)
    second = asyncio.create_task(cache.get("a", origin))
    await asyncio.sleep(0)

    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    origin.gate.set()

    assert (await second).value == 1
    assert origin.asked == 1


async def test_keys_have_nothing_to_do_with_one_another(cache, origin):
    assert (await cache.get("a", origin)).value == 1
    assert (await cache.get("b", origin)).value == 2


async def test_an_old_answer_is_better_than_none(cache, clock, origin, told):
    await cache.get("a", origin)
    origin.is_away, clock.now = True, FRESH_S + 5

    found = await cache.get("a", origin)

    assert (found.value, found.outcome, found.age_s) == (1, Outcome.STALE, FRESH_S + 5)
    assert told.counted("cache.lookups", cache_outcome="stale") == 1
    assert len(told.events("cache.stale")) == 1


async def test_who_is_away_is_not_asked_at_each_lookup(cache, clock, origin, told):
    await cache.get("a", origin)
    origin.is_away, clock.now = True, FRESH_S

    for _ in range(50):
        await cache.get("a", origin)

    assert origin.asked == 2
    assert len(told.events("cache.stale")) == 1


async def test_a_service_that_is_back_is_believed_at_once(cache, clock, origin, told):
    await cache.get("a", origin)
    origin.is_away, clock.now = True, FRESH_S
    await cache.get("a", origin)
    origin.is_away, clock.now = False, FRESH_S + 1

    found = await cache.get("a", origin)

    assert found.outcome == Outcome.MISS
    assert len(told.events("cache.fresh")) == 1


async def test_too_old_is_none(cache, clock, origin):
    await cache.get("a", origin)
    origin.is_away, clock.now = True, FRESH_S + STALE_S

    with pytest.raises(AwayError):
        await cache.get("a", origin)


async def test_a_fault_is_told_to_all_who_wait_and_not_kept(cache, origin):
    origin.is_away = True
    origin.gate.clear()
    asking = [asyncio.create_task(cache.get("a", origin)) for _ in range(10)]
    await asyncio.sleep(0)
    origin.gate.set()

    faults = await asyncio.gather(*asking, return_exceptions=True)
    origin.is_away = False

    assert {type(each) for each in faults} == {AwayError}
    assert (await cache.get("a", origin)).value == 2


async def test_what_is_not_to_be_kept_is_for_him_alone_who_asked(cache, origin):
    def never(_number):
        return False

    origin.gate.clear()
    asking = [
        asyncio.create_task(cache.get("a", origin, keeps=never)) for _ in range(3)
    ]
    await asyncio.sleep(0)
    origin.gate.set()

    found = await asyncio.gather(*asking)

    assert sorted(each.value for each in found) == [1, 2, 3]
    assert len(cache) == 0


async def test_memory_has_an_end(cache, origin):
    for number in range(500):
        await cache.get(str(number), origin)

    assert len(cache) == 100
