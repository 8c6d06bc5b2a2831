"""Load grows and shrinks as the shape says, and breaks where it breaks."""

from collections import Counter

import pytest

from loadtests.knee import Bearable, Search, Step, percentile, since
from loadtests.shapes import SHAPES

BEARABLE = Bearable(errors=0.001, p99_s=1.0)


def levels(name, seconds=100):
    return [SHAPES[name].due(at, seconds) for at in range(seconds)]


def step(level=0.1, answers=100, failures=0, p99_s=0.1):
    return Step(level, 10.0, answers, failures, p99_s)


def searched(*steps):
    search = Search(BEARABLE)
    for each in steps:
        search.add(each)
    return search


@pytest.mark.parametrize("name", SHAPES)
def test_a_shape_reaches_its_peak_and_ends(name):
    assert max(levels(name)) == pytest.approx(1.0, abs=0.01)
    assert min(levels(name)) > 0
    assert SHAPES[name].due(100, 100) is None


def test_a_rush_goes_up_and_down_again():
    rush = levels("rush")

    assert rush[:50] == sorted(rush[:50])
    assert rush[50:] == sorted(rush[50:], reverse=True)
    assert rush[0] == rush[-1] < 0.12


def test_a_spike_is_a_fifth_of_the_time():
    assert Counter(levels("spike")) == {0.2: 80, 1.0: 20}


def test_a_break_goes_up_in_ten_steps():
    assert sorted(set(levels("break"))) == [n / 10 for n in range(1, 11)]


def test_steps_that_break_twice_in_a_row_end_the_search():
    search = searched(step(0.1), step(0.2), step(0.3, failures=1), step(0.4, p99_s=2))

    assert search.is_over
    assert search.knee.level == 0.2
    assert search.why == "1 of 100 failed"


def test_an_accident_is_no_knee():
    search = searched(step(0.1), step(0.2, p99_s=1.2), step(0.3))

    assert not search.is_over
    assert search.knee.level == 0.3
    assert search.why is None


def test_the_first_step_may_break_already():
    search = searched(step(0.1, p99_s=3), step(0.2, p99_s=3))

    assert search.is_over
    assert search.knee is None


def test_a_step_with_few_answers_says_nothing():
    assert BEARABLE.broken(step(answers=19, failures=19)) is None
    assert BEARABLE.broken(step(answers=20, failures=1))


def test_percentiles_are_of_what_was_counted_in_between():
    before, now = {10: 5, 20: 1}, {10: 5, 20: 50, 400: 1}

    times = since(before, now)

    assert percentile(times, 0.5) == 0.02
    assert percentile(times, 0.99) == 0.4
    assert percentile({}, 0.99) == 0.0
