import pytest

from benchmarks.figures import at, fitted, grown, percentiles


def test_a_share_of_nothing_is_nothing():
    assert at([], 0.99) == 0.0
    assert percentiles([]) == {"p50": 0.0, "p95": 0.0, "p99": 0.0}


def test_a_hundred_times_have_the_percentiles_that_one_counts_off():
    times = [float(n) for n in range(100, 0, -1)]

    assert percentiles(times) == {"p50": 51.0, "p95": 96.0, "p99": 100.0}


def test_a_straight_line_is_found_again():
    line = fitted([0, 10, 20, 30], [5, 7, 9, 11])

    assert line.start == pytest.approx(5)
    assert line.slope == pytest.approx(0.2)
    assert line.at(100) == pytest.approx(25)


def test_noise_around_a_level_makes_no_slope():
    line = fitted([0, 1, 2, 3], [10, 12, 12, 10])

    assert line.slope == pytest.approx(0)
    assert line.start == pytest.approx(11)


def test_samples_of_one_instant_are_level():
    assert fitted([3, 3], [1, 2]).slope == 0.0
    assert fitted([], []).at(7) == 0.0


def test_growth_is_of_the_last_tenth_against_the_first():
    values = [100.0] * 10 + [180.0] * 80 + [110.0] * 10

    assert grown(values) == pytest.approx(0.1)


def test_nothing_has_not_grown():
    assert grown([]) == 0.0
    assert grown([7.0]) == 0.0
    assert grown([0.0, 5.0]) == 0.0
