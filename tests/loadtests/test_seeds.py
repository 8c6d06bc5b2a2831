"""The same seed is the same load: amounts, cards, order and pauses of every user."""

import json
import subprocess
import sys
from itertools import pairwise

import pytest

from loadtests import pacing
from loadtests.cards import fresh
from native.paths import ROOT


def drawn(*users):
    done = subprocess.run(
        [sys.executable, "-m", "tests.loadtests.drawing", *users],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout.splitlines()


def test_a_user_does_the_same_in_every_run_with_a_seed():
    first = drawn("7/till/1", "7/refunds/1", "7/malformed/0")
    again = drawn("7/till/1", "7/refunds/1", "8/malformed/0", "7/malformed/1")

    assert again[:2] == first[:2]
    assert len({first[2], *again[2:]}) == 3  # another seed, or another user
    assert all(len(json.loads(visits)) == 30 for visits in first)


def test_who_draws_for_himself_disturbs_nobody():
    one, two = pacing.chance(7, "till", 0), pacing.chance(7, "till", 0)
    other = pacing.chance(7, "till", 1)

    cards = [(fresh(one), fresh(other), fresh(two)) for _ in range(5)]

    assert all(first == third != second for first, second, third in cards)


@pytest.mark.parametrize("intervals", pacing.INTERVALS)
def test_orders_are_due_at_the_rate(intervals):
    instants = pacing.instants(10.0, intervals, pacing.chance(7, "arrivals", 0))

    due = [next(instants) for _ in range(2_000)]

    assert due[-1] == pytest.approx(200, rel=0.1)
    assert due == sorted(due)
    gaps = {round(b - a, 6) for a, b in pairwise(due)}
    assert (len(gaps) == 1) is (intervals == pacing.CONSTANT)
