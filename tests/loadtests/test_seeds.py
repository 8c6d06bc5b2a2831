"""The same seed is the same load: amounts, cards, order and pauses of every user."""

import subprocess
import sys
from itertools import pairwise

import pytest

from loadtests import pacing
from loadtests.cards import fresh
from native.paths import ROOT


def drawn(seed, journey, number):
    done = subprocess.run(
        [sys.executable, "-m", "tests.loadtests.drawing", seed, journey, number],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout.splitlines()


@pytest.mark.parametrize("journey", ["till", "refunds"])
def test_a_user_does_the_same_in_every_run_with_a_seed(journey):
    first = drawn("7", journey, "1")

    assert len(first) == 30
    assert drawn("7", journey, "1") == first


def test_another_seed_or_user_does_otherwise():
    lines = [drawn("7", "malformed", "0"), drawn("8", "malformed", "0")]

    assert lines[0] != lines[1]
    assert drawn("7", "malformed", "1") not in lines


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
