"""A run's directory is read as it was written, whoever wrote it and however it ended."""

import json

import pytest

from loadtests.report.reading import Unreadable, read

from . import runs


def one(tmp_path, **more):
    return read(runs.write(tmp_path / "run", [runs.line(1.0, **more)])).asked[0]


def test_histories_of_all_processes_are_one_in_the_order_of_what_was_due(tmp_path):
    home = runs.write(tmp_path / "run", [runs.line(3), runs.line(1)])
    (home / "history-2.jsonl").write_text(json.dumps(runs.line(2)) + "\n")

    run = read(home)

    assert [round(each.due - runs.STARTED) for each in run.asked] == [1, 2, 3]


def test_half_a_line_of_a_process_that_was_killed_is_counted_and_left_out(tmp_path):
    home = runs.write(tmp_path / "run", [runs.line(1)])
    with (home / "history.jsonl").open("a") as file:
        file.write('{"step": "pay bel')

    run = read(home)

    assert (len(run.asked), run.broken_lines) == (1, 1)


def test_a_history_alone_is_a_run_too(tmp_path):
    home = runs.write(tmp_path / "run", [runs.line(1), runs.line(9)])
    (home / "run.json").unlink()

    run = read(home)

    assert run.run_id == "run"
    assert run.seconds == pytest.approx(8.02, abs=0.001)


def test_no_history_is_no_run(tmp_path):
    with pytest.raises(Unreadable, match="no history"):
        read(tmp_path)


def test_facts_that_are_no_json_are_named(tmp_path):
    home = runs.write(tmp_path / "run", [runs.line(1)])
    (home / "run.json").write_text("{")

    with pytest.raises(Unreadable, match=r"run\.json"):
        read(home)


def test_a_time_counts_from_when_it_was_due(tmp_path):
    late = one(tmp_path, due=runs.STARTED)

    assert late.seconds == pytest.approx(1.02, abs=0.001)
    assert late.served_s == pytest.approx(0.02, abs=0.001)


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (runs.SILENCE, "no answer"),
        (runs.SHED, "503 Service Unavailable"),
        (runs.WRONG, "wrong: decision"),
        (runs.WRONG | {"wrong": "captured became voided"}, "wrong answer"),
        (
            runs.SILENCE | {"result": "fail", "wrong": "unsent: 600 are under way"},
            "not sent",
        ),
        (runs.WRONG | {"status": 429}, "429 Too Many Requests"),
    ],
)
def test_what_is_bad_has_a_kind(tmp_path, said, kind):
    asked = one(tmp_path, **said)

    assert asked.is_bad
    assert asked.trouble == kind
    assert asked.is_wrong == kind.startswith("wrong")


@pytest.mark.parametrize(
    "said",
    [
        {},
        runs.HURRIED,
        {"status": 422, "outcome": None},
        {"status": 409, "result": "indeterminate", "wrong": "in flight"},
        {"status": 202, "outcome": "pending", "response_code": None},
    ],
    ids=["paid", "hurried", "refused rightly", "in flight", "pending"],
)
def test_what_the_rules_allow_is_not_bad(tmp_path, said):
    assert not one(tmp_path, **said).is_bad
