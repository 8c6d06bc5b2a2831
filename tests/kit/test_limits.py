"""Never more than so many in any window, whatever comes and whenever."""

from hypothesis import given
from hypothesis import strategies as st

from apps.kit.limits import SILENCE_S, MovingWindow

MOST, WITHIN_S = 5, 2.0
KEYS = st.sampled_from("abc")
STEPS = st.lists(
    st.tuples(st.floats(0, 1.5, allow_subnormal=False), KEYS), max_size=200
)


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def window(clock, **more):
    return MovingWindow("test", MOST, WITHIN_S, clock=clock, **more)


@given(STEPS)
def test_never_more_than_so_many_in_any_window(steps):
    clock, allowed = Clock(), {key: [] for key in "abc"}
    limit = window(clock)

    for pause, key in steps:
        clock.now += pause
        if limit.hit(key).allowed:
            allowed[key].append(clock.now)

    for at in allowed.values():
        for i, begins in enumerate(at):
            assert sum(t - begins < WITHIN_S for t in at[i:]) <= MOST


@given(STEPS)
def test_nobody_is_refused_who_asks_less(steps):
    """A refusal is always the fault of `MOST` that were allowed just before."""
    clock, allowed = Clock(), {key: [] for key in "abc"}
    limit = window(clock)

    for pause, key in steps:
        clock.now += pause
        recent = [t for t in allowed[key] if clock.now - t < WITHIN_S]
        decision = limit.hit(key)
        assert decision.allowed == (len(recent) < MOST)
        if decision.allowed:
            allowed[key].append(clock.now)
            assert decision.remaining == MOST - len(recent) - 1


@given(STEPS)
def test_after_the_reset_that_was_told_it_is_let_in(steps):
    clock = Clock()
    limit = window(clock)

    for pause, key in steps:
        clock.now += pause
        decision = limit.hit(key)
        if not decision.allowed:
            clock.now += decision.reset_s
            assert limit.hit(key).allowed


def test_who_was_quiet_is_forgotten():
    clock = Clock()
    limit = window(clock)
    for number in range(500):
        limit.hit(f"once {number}")

    clock.now = WITHIN_S
    for _ in range(500):
        limit.hit("often")

    assert len(limit) == 1


def test_however_many_ask_memory_has_an_end():
    limit = window(Clock(), keys=100)

    for number in range(5_000):
        limit.hit(f"once {number}")

    assert len(limit) <= 101


def test_what_is_left_is_told_as_the_draft_says():
    clock = Clock()
    limit = window(clock)
    limit.hit("a")
    clock.now = 0.4

    decision = limit.hit("a")

    assert limit.policy == '"test";q=5;w=2'
    assert limit.left(decision) == '"test";r=3;t=2'


def test_decisions_are_counted_and_a_storm_is_one_line(told):
    clock = Clock()
    limit = window(clock)

    for _ in range(MOST + 20):
        limit.hit("a")

    facts = {"limiter_policy": "test"}
    labels = {**facts, "limiter_decision": "allowed"}
    assert told.counted("limiter.decisions", **labels) == MOST
    labels = {**facts, "limiter_decision": "refused"}
    assert told.counted("limiter.decisions", **labels) == 20
    assert len(told.events("limiter.refusing")) == 1

    clock.now = SILENCE_S
    for _ in range(MOST + 1):
        limit.hit("a")
    assert len(told.events("limiter.refusing")) == 2
