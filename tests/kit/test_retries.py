"""Asking again: a few times, not all together, in time, and a small share of all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.kit import deadlines
from apps.kit.breaker import BreakerOpen
from apps.kit.credentials import IssuerAway
from apps.kit.retries import Again, Patience, Retries, Tried


class Refused(Exception):
    pass


class Peer:
    """Fails so many times, then answers."""

    def __init__(self, fails: int, after_s: float | None = None) -> None:
        self.asked = 0
        self._fails = fails
        self._after_s = after_s

    async def __call__(self) -> str:
        self.asked += 1
        if self.asked <= self._fails:
            raise Again(self._after_s) from Refused(self.asked)
        return "yes"


@pytest.fixture
def waited():
    return []


@pytest.fixture
def retries(waited):
    return made(waited)


def made(waited, draw=lambda _, most: most, **patience):
    async def sleep(seconds):
        waited.append(seconds)

    return Retries("bank", Patience(**patience), sleep=sleep, draw=draw)


async def test_what_fails_is_asked_again_until_it_answers(retries, waited, told):
    peer, tried = Peer(fails=2), Tried()

    assert await retries.run(peer, tried) == "yes"

    assert (peer.asked, tried.attempts) == (3, 3)
    assert waited == [0.1, 0.2]
    assert told.counted("retry.attempts", retry_outcome="again") == 2


async def test_after_the_last_attempt_its_own_failure_is_raised(retries, told):
    peer, tried = Peer(fails=9), Tried()

    with pytest.raises(Refused, match="3"):
        await retries.run(peer, tried)

    assert (peer.asked, tried.attempts) == (3, 3)
    assert told.counted("retry.attempts", retry_outcome="spent") == 1


async def test_what_no_retry_helps_is_asked_once(retries, waited, told):
    async def refuses():
        raise Refused

    with pytest.raises(Refused):
        await retries.run(refuses)

    assert waited == []


UNASKED = [BreakerOpen("bank", 5.0), IssuerAway("no token")]


@pytest.mark.parametrize("why", UNASKED, ids=lambda why: type(why).__name__)
async def test_what_was_never_sent_is_not_retried_and_is_no_attempt(
    retries, waited, told, why
):
    async def refuses():
        raise why

    tried = Tried()
    with pytest.raises(type(why)):
        await retries.run(refuses, tried)

    assert (waited, tried.attempts) == ([], 0)
    assert told.counted("retry.attempts", retry_outcome="refused") == 1
    assert told.counted("retry.attempts", retry_outcome="first") == 0


@pytest.mark.parametrize("why", UNASKED, ids=lambda why: type(why).__name__)
async def test_who_was_never_asked_earns_us_no_retry(waited, told, why):
    retries = made(waited, credit=1.0)
    with pytest.raises(Refused):
        await retries.run(Peer(fails=9))  # what was saved is spent

    async def refuses():
        raise why

    for _ in range(30):
        with pytest.raises(type(why)):
            await retries.run(refuses)

    peer = Peer(fails=9)
    with pytest.raises(Refused):
        await retries.run(peer)
    assert peer.asked == 1
    assert told.counted("retry.attempts", retry_outcome="poor") == 2


async def test_a_retry_that_was_never_sent_is_given_back(waited, told):
    retries, peer = made(waited, credit=1.0, budget=0.0), Peer(fails=1)

    async def then_opens():
        if peer.asked == 1:
            raise BreakerOpen("bank", 5.0)
        return await peer()

    with pytest.raises(BreakerOpen):
        await retries.run(then_opens)

    assert await retries.run(Peer(fails=1)) == "yes"


async def test_a_breaker_that_opens_between_attempts_ends_them(retries, told):
    peer, tried = Peer(fails=1), Tried()

    async def then_opens():
        if peer.asked == 1:
            raise BreakerOpen("bank", 5.0)
        return await peer()

    with pytest.raises(BreakerOpen):
        await retries.run(then_opens, tried)

    assert tried.attempts == 1


async def test_the_other_sides_retry_after_is_honoured(retries, waited, told):
    await retries.run(Peer(fails=2, after_s=0.15))

    assert waited == [0.15, 0.2]


async def test_no_attempt_begins_that_has_no_time_left(waited, told):
    peer = Peer(fails=9)
    with deadlines.within(0.19), pytest.raises(Refused):
        await made(waited).run(peer)

    assert (peer.asked, waited) == (1, [])
    assert told.counted("retry.attempts", retry_outcome="late") == 1


async def test_who_asks_us_to_come_later_than_we_have_time_is_left_alone(waited, told):
    peer = Peer(fails=9, after_s=30.0)
    with deadlines.within(2.0), pytest.raises(Refused):
        await made(waited).run(peer)

    assert (peer.asked, waited) == (1, [])


@pytest.mark.parametrize(("after_s", "asked"), [(2.0, 3), (2.1, 1), (31_536_000.0, 1)])
async def test_without_a_deadline_nobody_is_waited_for_for_long(
    retries, waited, told, after_s, asked
):
    peer = Peer(fails=9, after_s=after_s)

    with pytest.raises(Refused):
        await retries.run(peer)

    assert peer.asked == asked
    assert waited == [after_s] * (asked - 1)


async def test_the_waits_are_spread_from_nothing_to_their_bound(told):
    waited = []
    retries = Retries("bank", Patience(credit=200.0), sleep=_into(waited))
    for _ in range(100):
        await retries.run(Peer(fails=1))

    assert 0.0 <= min(waited) < 0.02
    assert 0.08 < max(waited) <= 0.1


def _into(waited):
    async def sleep(seconds):
        waited.append(seconds)

    return sleep


async def test_while_all_fails_few_are_asked_again(waited, told):
    """The amplification of an outage: 1.1, and what was saved before it."""
    retries, peer = made(waited), Peer(fails=10**6)
    for _ in range(1_000):
        with pytest.raises(Refused):
            await retries.run(peer)

    assert 1_090 <= peer.asked <= 1_102
    assert told.counted("retry.attempts", retry_outcome="poor") >= 890


@given(st.lists(st.integers(0, 4), max_size=100), st.sampled_from([0.05, 0.1, 0.5]))
async def test_the_budget_holds_whatever_fails(fails, budget):
    retries = made([], budget=budget)
    asked = 0
    for each in fails:
        peer = Peer(each)
        try:
            await retries.run(peer)
        except Refused:
            assert peer.asked <= 3
        asked += peer.asked

    assert asked <= len(fails) * (1 + budget) + Patience().credit + 1e-9
