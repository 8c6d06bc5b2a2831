"""How suspicious a card is."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.fraud.domain import (
    BLAMING,
    STEPS,
    Assessment,
    CardRisk,
    Status,
    Thresholds,
    assess,
    cooled,
    weigh,
)
from tests.fakes import NOW

GREEN, ORANGE, RED = Status
CARD = UUID(int=7)
CODES = [*sorted(BLAMING), "ACCEPTED", "FRAUD_SUSPECTED", "AMOUNT_EXCEEDED"]
LIMITS = Thresholds(orange=20, red=40, window=timedelta(seconds=60))

limits = st.builds(
    lambda orange, more: Thresholds(orange, orange + more, timedelta(seconds=60)),
    st.integers(1, 4),
    st.integers(1, 4),
)
within_a_window = st.timedeltas(timedelta(0), timedelta(seconds=59))
payments = st.lists(st.tuples(st.sampled_from(CODES), within_a_window), max_size=40)


def risk(status=GREEN, refused=0, *, version=0):
    return CardRisk(CARD, 50, status, refused, NOW, version)


def after(seconds):
    return NOW + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("status", "refused", "then"),
    [
        (GREEN, 18, GREEN),
        (GREEN, 19, ORANGE),
        (GREEN, 39, ORANGE),
        (ORANGE, 20, ORANGE),
        (ORANGE, 38, ORANGE),
        (ORANGE, 39, RED),
        (RED, 40, RED),
    ],
)
def test_one_more_refusal_takes_a_card_to_the_next_status(status, refused, then):
    weighed = weigh(risk(status, refused), "AUTHORIZATION_DENIED", NOW, LIMITS)

    assert (weighed.status, weighed.refused) == (then, refused + 1)
    assert weighed.version == (then is not status)


@pytest.mark.parametrize("code", ["FRAUD_SUSPECTED", "AMOUNT_EXCEEDED", "INACTIVE_POS"])
def test_what_does_not_speak_of_the_card_is_not_held_against_it(code):
    assert weigh(risk(refused=19), code, NOW, LIMITS) == risk(refused=19)


def test_an_accepted_payment_ends_the_row_and_keeps_the_status():
    assert weigh(risk(refused=19), "ACCEPTED", NOW, LIMITS) == risk(refused=0)
    assert weigh(risk(RED, 40), "ACCEPTED", NOW, LIMITS) == risk(RED, 0)


@pytest.mark.parametrize(
    ("status", "seconds", "then"),
    [
        (RED, 59.999, RED),
        (RED, 60, ORANGE),
        (RED, 119.999, ORANGE),
        (RED, 120, GREEN),
        (RED, 9_999, GREEN),
        (ORANGE, 59.999, ORANGE),
        (ORANGE, 60, GREEN),
    ],
)
def test_each_window_that_ends_takes_one_step_down(status, seconds, then):
    assert cooled(risk(status, 40), after(seconds), LIMITS).status is then


def test_refusals_are_forgotten_with_their_window():
    weighed = weigh(risk(refused=19), "AUTHORIZATION_DENIED", after(60), LIMITS)

    assert (weighed.status, weighed.refused) == (GREEN, 1)
    assert weighed.window_start == after(60)


def test_a_step_up_lasts_a_whole_window():
    flagged = weigh(risk(refused=19), "AUTHORIZATION_DENIED", after(50), LIMITS)

    assert flagged.window_start == after(50)
    assert cooled(flagged, after(109), LIMITS).status is ORANGE
    assert cooled(flagged, after(110), LIMITS).status is GREEN


def test_a_fall_is_a_change_of_status_too():
    fallen = weigh(risk(RED, 40, version=2), "ACCEPTED", after(61), LIMITS)

    assert (fallen.status, fallen.version) == (ORANGE, 3)


def test_a_payment_that_is_heard_late_disturbs_no_window():
    late = weigh(risk(refused=19), "AUTHORIZATION_DENIED", after(-300), LIMITS)

    assert (late.status, late.window_start) == (ORANGE, NOW)


def test_a_card_that_never_paid_is_green():
    assert assess(CARD, None) == Assessment(CARD, GREEN, 0)
    assert assess(CARD, risk(RED)) == Assessment(CARD, RED, 50)


@given(limits, payments)
def test_no_status_is_ever_skipped(limits, payments):
    now, before = NOW, risk()
    for code, later in payments:
        now += later
        then = weigh(before, code, now, limits)
        step = STEPS.index(then.status) - STEPS.index(before.status)
        assert step in (-1, 0, 1)
        assert then.version - before.version == abs(step)
        assert step < 1 or (code in BLAMING and then.refused >= limits.orange)
        before = then


@given(limits, payments)
def test_two_windows_after_the_last_payment_every_card_is_green(limits, payments):
    now, card = NOW, risk()
    for code, later in payments:
        now += later
        card = weigh(card, code, now, limits)

    assert cooled(card, now + 2 * limits.window, limits).status is GREEN


@given(limits, payments)
def test_to_look_at_a_card_changes_nothing_of_what_follows(limits, payments):
    now, card = NOW, risk()
    for code, later in payments:
        now += later
        looked_at = replace(cooled(card, now, limits), version=card.version)
        seen, unseen = (weigh(each, code, now, limits) for each in (looked_at, card))
        assert replace(seen, version=0) == replace(unseen, version=0)
        card = unseen
