"""Each promise is missed for a reason of its own, and for no other."""

import pytest

from loadtests.report import knee
from loadtests.report.__main__ import judged
from loadtests.report.reading import read
from loadtests.report.verdict import MEASURES
from prometheus import slo

from . import runs


def verdicts(tmp_path, lines, **facts):
    found = judged(read(runs.write(tmp_path / "run", lines, **facts)))
    return found, {each.name: each.holds for each in found.judged}


def after(lines, share, more):
    """The first so many of a run, made otherwise."""
    many = round(share * len(lines))
    return [each | more for each in lines[:many]] + lines[many:]


def late(ms):
    return {
        "end": runs.STARTED + 100 + ms / 1000,
        "due": runs.STARTED + 100,
        "start": runs.STARTED + 100,
    }


def test_a_good_day_is_held(tmp_path):
    found, holds = verdicts(tmp_path, runs.usual())

    assert found.held
    assert set(holds.values()) == {True, None}
    assert holds["telemetry"] is None, "nobody was asked"


@pytest.mark.parametrize(
    ("share", "more", "missed"),
    [
        (0.01, runs.SHED, {"gateway-availability", "payment-availability"}),
        (
            0.01,
            runs.SHED | {"path_template": "/api/v1/payments/{payment_id}"},
            {"gateway-availability"},
        ),
        (1 / 600, runs.WRONG, {"right-answers"}),
        (0.02, late(200) | {"kind": "floor"}, {"floor-path"}),
        (0.02, late(280) | {"kind": "bank"}, set()),
        (0.02, late(320) | {"kind": "bank"}, {"bank-path", "gateway-latency"}),
        (0.02, late(400) | {"kind": "other"}, {"gateway-latency"}),
    ],
    ids=[
        "orders that fail",
        "reads that fail",
        "one wrong answer",
        "slow below the floor",
        "a bank as slow as it may be",
        "a bank that is slower",
        "slow reads",
    ],
)
def test_a_promise_is_missed_for_its_own_reason(tmp_path, share, more, missed):
    found, holds = verdicts(tmp_path, after(runs.usual(), share, more))

    assert {name for name, held in holds.items() if held is False} == missed
    assert found.held == (not missed)


def test_one_failure_in_a_thousand_may_be(tmp_path):
    found, _ = verdicts(tmp_path, after(runs.usual(200), 0.001, runs.SHED))

    assert len(found.bad) == 2
    assert found.held


def test_a_path_that_nobody_took_is_not_judged(tmp_path):
    lines = [each for each in runs.usual() if each["kind"] == "floor"]

    found, holds = verdicts(tmp_path, lines)

    assert holds["bank-path"] is None
    assert found.held


def test_a_run_that_looks_for_the_knee_is_judged_up_to_the_break(tmp_path):
    lines, facts = runs.climbing()
    lines[40] |= {"result": "ok", "wrong": None}

    found, _ = verdicts(tmp_path, lines, **facts)
    same, _ = verdicts(tmp_path, lines, **facts | {"shape": "rush"})

    assert found.bad
    assert found.held
    assert not same.held


def test_the_knee_is_the_last_step_that_kept_up(tmp_path):
    lines, facts = runs.climbing()

    found, _ = verdicts(tmp_path, lines, **facts)

    assert found.knee.users == 50
    assert found.knee.per_second == pytest.approx(50, abs=1)
    assert [step.kept_up for step in found.steps] == [True] * 5 + [False] * 3


def test_one_step_that_did_not_keep_up_may_be_an_accident(tmp_path):
    lines, facts = runs.climbing(steps=5)
    slow = [
        each | {"end": each["end"] + 2}
        if 40 <= each["due"] - runs.STARTED < 60
        else each
        for each in lines
    ]

    found, _ = verdicts(tmp_path, slow, **facts)

    assert [step.kept_up for step in found.steps] == [True, True, False, True, True]
    assert found.knee is None
    assert knee.title(found.steps) == (
        "no step broke, the highest was 50 users, 50.0 requests a second"
    )


def test_a_stack_that_breaks_at_once_has_no_knee(tmp_path):
    lines, facts = runs.climbing(steps=2)
    slow = [each | {"end": each["end"] + 2} for each in lines]

    found, _ = verdicts(tmp_path, slow, **facts)

    assert found.knee is None
    assert knee.title(found.steps) == "the first step broke already"


def test_a_run_without_steps_has_one_and_says_nothing_of_a_knee(tmp_path):
    found, _ = verdicts(tmp_path, runs.usual(), stages=[])

    assert found.knee is None


def test_steps_may_begin_at_dates_too(tmp_path):
    lines, facts = runs.climbing()
    dated = [each | {"at": runs.STARTED + each["at"]} for each in facts["stages"]]

    found, _ = verdicts(tmp_path, lines, **facts | {"stages": dated})

    assert found.knee.users == 50


def test_a_dead_stack_is_a_verdict_of_its_own(tmp_path):
    found, _ = verdicts(tmp_path, [runs.line(at, **runs.SILENCE) for at in range(30)])

    assert found.run.is_dead
    assert not found.held


def test_every_measure_that_is_promised_can_be_taken():
    asked = {each.load.measure for each in slo.load().slos if each.load}

    assert asked <= {*MEASURES, "telemetry"}
