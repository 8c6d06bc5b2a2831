"""Who is let through to a service that may be away, and what is told of it."""

import asyncio
from dataclasses import replace

import pytest

from apps.kit.breaker import Breaker, BreakerOpen
from apps.kit.circuit import Source
from apps.kit.signals import span
from tests.kit.breaking import (
    POLICY,
    Call,
    Clock,
    Nobodys,
    Ours,
    Theirs,
    counts,
    passes,
)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def breaker(clock):
    return Breaker("bank", POLICY, counts=counts, clock=clock)


def opened(breaker):
    for _ in range(POLICY.calls):
        passes(breaker, Theirs())
    assert breaker.state == "open"
    return breaker


def test_half_of_the_last_calls_open_it_and_not_one_less(breaker, told):
    for fault in (Theirs(), None, None, None):
        passes(breaker, fault)
    assert breaker.state == "closed"

    passes(breaker, Theirs())  # the oldest failure is forgotten
    assert breaker.state == "closed"
    passes(breaker, Theirs())

    assert breaker.state == "open"


def test_too_few_calls_say_nothing(breaker, told):
    for _ in range(POLICY.calls - 1):
        passes(breaker, Theirs())

    assert breaker.state == "closed"


def test_slow_calls_open_it_too(breaker, clock, told):
    for _ in range(POLICY.calls):
        call = Call(breaker)
        clock.now += 1.0
        call.ends()

    assert breaker.state == "open"
    assert told.counted("breaker.calls", breaker_outcome="slow") == POLICY.calls


@pytest.mark.parametrize("fault", [Ours(), Nobodys(), asyncio.CancelledError()])
def test_what_is_not_the_others_failure_does_not_open_it(breaker, told, fault):
    for _ in range(3 * POLICY.calls):
        assert passes(breaker, fault)

    assert breaker.state == "closed"


def test_by_time_old_calls_are_forgotten(clock, told):
    breaker = Breaker("fraud", replace(POLICY, within_s=10.0), clock=clock)
    for _ in range(POLICY.calls - 1):
        passes(breaker, Theirs())
    clock.now += 10.0
    passes(breaker, Theirs())
    assert breaker.state == "closed"

    for _ in range(20):
        passes(breaker)
    for _ in range(18):
        passes(breaker, Theirs())
    assert breaker.state == "closed"  # 19 of 39
    passes(breaker, Theirs())
    passes(breaker, Theirs())

    assert breaker.state == "open"


def test_while_it_is_open_nobody_is_asked(breaker, clock, told):
    opened(breaker)

    clock.now += POLICY.open_s - 0.1
    with pytest.raises(BreakerOpen) as refused:
        Call(breaker)

    assert refused.value.retry_after_s == pytest.approx(0.1)
    assert told.counted("breaker.calls", breaker_outcome="refused") == 1


def test_probes_come_one_by_one_and_good_ones_close_it(breaker, clock, told):
    opened(breaker)
    clock.now += POLICY.open_s

    first = Call(breaker)
    assert not passes(breaker)  # none is let through beside the first
    first.ends()
    second, third = Call(breaker), Call(breaker)
    assert not passes(breaker)  # three are all that it takes
    second.ends()
    assert breaker.state == "half_open"
    third.ends()

    assert breaker.state == "closed"


def test_a_bad_probe_opens_it_for_twice_as_long_up_to_the_most(breaker, clock, told):
    opened(breaker)
    waits = []
    for _ in range(4):
        waits.append(breaker.retry_after_s)
        clock.now += breaker.retry_after_s
        assert passes(breaker, Theirs())

    assert waits == pytest.approx([5.0, 10.0, 20.0, 20.0])


@pytest.mark.parametrize(("went_well", "factor"), [(POLICY.calls, 1), (1, 4), (0, 4)])
def test_only_after_a_window_that_went_well_it_opens_for_a_short_time_again(
    breaker, clock, told, went_well, factor
):
    """Who answers probes and nothing else is not asked by so many each five seconds."""
    opened(breaker)
    clock.now += 5.0
    passes(breaker, Theirs())
    clock.now += 10.0
    for _ in range(POLICY.probes + went_well):
        assert passes(breaker)

    assert opened(breaker).retry_after_s == factor * POLICY.open_s


@pytest.mark.parametrize("fault", [Nobodys(), asyncio.CancelledError()])
def test_a_probe_that_is_broken_off_gives_its_place_back(breaker, clock, told, fault):
    opened(breaker)
    clock.now += POLICY.open_s

    for _ in range(10):
        assert passes(breaker, fault)

    assert breaker.state == "half_open"


def test_who_was_let_through_before_it_opened_decides_nothing_after(
    breaker, clock, told
):
    early = [Call(breaker) for _ in range(2)]
    opened(breaker)
    clock.now += POLICY.open_s
    probe = Call(breaker)

    early[0].ends(Theirs())
    early[1].ends()

    assert breaker.state == "half_open"
    assert not passes(breaker)
    probe.ends()
    assert breaker.room == 2


def test_a_gauge_opens_it_and_keeps_it_open(clock, told):
    depth = [0.89]
    pool = Source("pool", lambda: depth[0], 0.9)
    breaker = Breaker("bank", POLICY, source=pool, clock=clock)
    assert passes(breaker)

    depth[0] = 0.9
    assert not passes(breaker)
    clock.now += POLICY.open_s
    assert not passes(breaker)
    assert breaker.retry_after_s == 2 * POLICY.open_s
    depth[0] = 0.1
    clock.now += 2 * POLICY.open_s

    assert passes(breaker)
    assert told.events("breaker.changed")[0]["breaker.why"] == "pool"


def test_held_open_it_lets_nobody_through_until_its_time_is_up(breaker, clock, told):
    breaker.hold(is_open=True, for_s=60, by="ops", reason="drill")
    assert not passes(breaker)
    assert breaker.retry_after_s == 60

    clock.now += 59.9
    assert not passes(breaker)
    clock.now += 0.1

    assert passes(breaker)
    assert breaker.state == "closed"


def test_held_closed_it_lets_everybody_through_whatever_comes_of_it(
    breaker, clock, told
):
    opened(breaker).hold(is_open=False, for_s=60, by="ops", reason="drill")

    for _ in range(3 * POLICY.calls):
        assert passes(breaker, Theirs())
    assert breaker.state == "disabled"
    breaker.let_go("ops")

    assert not passes(breaker)
    assert breaker.state == "open"


def test_an_operators_word_that_ran_out_is_told_without_a_call(breaker, clock, told):
    breaker.hold(is_open=True, for_s=60, by="ops", reason="drill")
    breaker.watch()
    assert told.measured("breaker.state", breaker_name="bank") == 3
    clock.now += 60

    breaker.watch()

    assert told.measured("breaker.state", breaker_name="bank") == 0
    changes = told.events("breaker.changed")
    assert [change["breaker.why"] for change in changes] == ["held", "expired"]
    assert changes[0]["breaker.by"] == "ops"


def test_each_change_is_one_line_one_count_and_the_gauge(breaker, clock, told):
    opened(breaker)
    for _ in range(20):
        passes(breaker)
    clock.now += POLICY.open_s
    for _ in range(POLICY.probes):
        passes(breaker)

    changes = told.events("breaker.changed")
    assert [change["breaker.to"] for change in changes] == [
        "open",
        "half_open",
        "closed",
    ]
    assert [change["level"] for change in changes] == ["warning", "info", "info"]
    assert told.counted("breaker.transitions", breaker_to="open") == 1
    assert told.counted("breaker.calls", breaker_outcome="refused") == 20
    assert told.measured("breaker.state", breaker_name="bank") == 0
    assert breaker.has_closed


async def test_half_open_a_thousand_callers_at_once_are_probes_and_no_more(
    breaker, clock, told
):
    opened(breaker)
    clock.now += POLICY.open_s
    inside = most = entered = 0
    opens = asyncio.Event()

    async def work():
        nonlocal inside, most, entered
        entered += 1
        inside += 1
        most = max(most, inside)
        await opens.wait()
        inside -= 1

    callers = [asyncio.ensure_future(breaker.call(work)) for _ in range(1_000)]
    await asyncio.sleep(0)
    assert (entered, most) == (1, 1)
    opens.set()
    answers = await asyncio.gather(*callers, return_exceptions=True)

    assert sum(answer is None for answer in answers) == 1
    assert sum(isinstance(answer, BreakerOpen) for answer in answers) == 999
    assert breaker.state == "half_open"


async def test_a_thousand_callers_at_a_service_that_comes_and_goes(told):
    """Whatever the order in which they come: while it probes, never more than may."""
    clock = Clock()
    breaker = Breaker("bank", POLICY, counts=counts, clock=clock)
    probing = most = 0
    is_there = False

    async def work():
        nonlocal probing, most
        is_probe = breaker.state == "half_open"
        probing += is_probe
        most = max(most, probing)
        await asyncio.sleep(0)
        probing -= is_probe
        if not is_there:
            raise Theirs

    for turn in range(40):
        is_there = turn % 8 > 4
        clock.now += 2.5
        calls = [breaker.call(work) for _ in range(1_000)]
        await asyncio.gather(*calls, return_exceptions=True)

    assert 1 <= most <= POLICY.probes
    assert told.counted("breaker.transitions", breaker_to="closed") >= 1
    assert told.counted("breaker.transitions", breaker_to="open") >= 2


async def test_a_refusal_is_an_event_on_the_callers_span(breaker, told):
    opened(breaker)

    @span("payments.pay")
    async def pay():
        with pytest.raises(BreakerOpen):
            await breaker.call(asyncio.sleep)

    await pay()

    (event,) = told.span("payments.pay").events
    assert event.name == "breaker.refused"
    assert event.attributes["breaker.name"] == "bank"
