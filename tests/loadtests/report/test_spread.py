"""Percentiles are what they are called, whatever the times and their order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtests.report.spread import Spread, at, bucket, buckets, middle, moments, width

TIMES = st.lists(st.floats(1e-6, 1e3), min_size=1, max_size=200)
SHARES = st.floats(0.001, 0.999)


@given(TIMES, SHARES)
def test_a_percentile_is_one_of_the_times(times, share):
    assert at(sorted(times), share) in times


@given(TIMES, SHARES)
def test_at_least_that_share_is_no_longer_and_one_less_would_not_do(times, share):
    value = at(sorted(times), share)

    assert sum(each <= value for each in times) >= share * len(times) - 1e-6
    assert sum(each < value for each in times) < share * len(times) + 1e-6


@given(TIMES, st.randoms(use_true_random=False))
def test_order_does_not_matter(times, chance):
    shuffled = list(times)
    chance.shuffle(shuffled)

    assert Spread.of(shuffled) == Spread.of(times)


@given(TIMES)
def test_higher_percentiles_are_not_shorter(times):
    spread = Spread.of(times)
    rising = [*spread.shares.values(), spread.longest]

    assert rising == sorted(rising)
    assert min(times) <= spread.mean * (1 + 1e-9)
    assert spread.mean <= spread.longest * (1 + 1e-9)


@given(st.floats(1e-6, 1e3), st.sampled_from([20, 200]))
def test_a_bucket_stands_for_times_as_near_as_it_is_narrow(seconds, per_decade):
    near = middle(bucket(seconds, per_decade), per_decade)

    assert near / seconds == pytest.approx(1, abs=1.2 / per_decade * 1.2)


@given(TIMES)
def test_buckets_hold_every_time_once(times):
    assert sum(buckets(times).values()) == len(times)


def test_percentiles_that_are_known():
    spread = Spread.of(number / 1000 for number in range(1, 1001))

    assert spread.shares == {
        "p50": 0.5,
        "p90": 0.9,
        "p95": 0.95,
        "p99": 0.99,
        "p99.9": 0.999,
    }
    assert spread.longest == 1.0


def test_nothing_has_no_percentiles():
    assert Spread.of([]).longest == 0.0


@given(st.floats(1, 86_400), st.integers(1, 10**7))
def test_a_chart_has_no_more_points_than_can_be_seen(seconds, requests):
    assert width(seconds, requests) == 600 or seconds / width(seconds, requests) <= 120


@given(st.floats(1, 3600), st.integers(1, 10**6))
def test_a_point_of_a_chart_stands_for_enough_requests(seconds, requests):
    points = seconds / width(seconds, requests)

    assert points <= 6 or requests / points >= 30 - 1e-6


def test_moments_without_a_request_are_there_too():
    told = moments([], 0.0, 10.0, 2)

    assert told == [(0.0, []), (2.0, []), (4.0, []), (6.0, []), (8.0, [])]
