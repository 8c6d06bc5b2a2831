"""What the backends have of a run stands beside what its client knows, or it is said why not."""

from dataclasses import replace

import pytest

from loadtests.report import completeness, counting, expected, links
from loadtests.report.__main__ import asked, judged
from loadtests.report.reading import read
from loadtests.report.showing import warnings

from . import runs
from .conftest import AWAY


@pytest.fixture
def run(tmp_path):
    lines = [runs.line(at, number=at) for at in range(60)]
    return read(runs.write(tmp_path / "run", lines))


def telemetry(found):
    return next(each for each in found.judged if each.name == "telemetry")


def test_all_that_the_client_counted_arrived(run, backends):
    backends.counters = backends.lines = backends.spans = 60

    found = asked(run, backends.urls)

    assert {each.note for each in found.arrived} == {"all there"}
    assert telemetry(found).measured == 1.0
    assert telemetry(found).holds
    assert not found.silent


def test_what_the_probe_paid_meanwhile_hides_nothing_that_is_missing(run, backends):
    backends.counters = backends.lines = 60
    backends.spans, backends.probed = 57, 12

    found = asked(run, backends.urls)

    assert telemetry(found).measured == 57 / 60
    queries = [query for _, query in backends.asked]
    for told in ("payments_decisions_total", "count_over_time({"):
        assert all(
            'payscope_journey!="probe"' in query for query in queries if told in query
        )


def test_what_comes_late_is_waited_for(run, backends, monkeypatch):
    monkeypatch.setattr(completeness, "PATIENCE_S", 10)
    backends.counters = backends.lines = backends.spans = 50
    backends.later = 60

    assert telemetry(asked(run, backends.urls)).measured == 1.0


def test_a_line_that_is_lost_is_told_and_misses_the_promise(run, backends):
    backends.counters = backends.spans = 60
    backends.lines = 57

    found = asked(run, backends.urls)

    (lost,) = [each for each in found.arrived if each.share != 1]
    assert (lost.what, lost.where, lost.note) == (
        "payments",
        "log lines (Loki)",
        "3 missing",
    )
    assert telemetry(found).measured == pytest.approx(0.95)
    assert not found.held


def test_traffic_of_others_does_not_hide_that_our_traces_are_broken(run, backends):
    backends.counters = backends.lines = backends.spans = 90
    backends.whole = False

    found = asked(run, backends.urls)

    notes = {each.note for each in found.arrived}
    assert "30 more: others asked, too" in notes
    assert telemetry(found).measured == 0.0


def test_an_order_that_has_no_line_is_missed_whatever_the_counts_say(run, backends):
    backends.counters = backends.lines = backends.spans = 90
    backends.told = False

    found = asked(run, backends.urls)

    (lost,) = [each for each in found.arrived if each.share == 0]
    assert lost.where == "lines (Loki)"


def test_a_run_that_is_sampled_in_part_is_asked_for_the_traces_kept(tmp_path, backends):
    backends.counters = backends.lines = 60
    left = 2**64 - 1
    lines = [runs.line(at, number=at) for at in range(6)]
    lines += [
        runs.line(at, number=at, trace_id=f"{at:016x}{left:016x}")
        for at in range(6, 60)
    ]
    run = read(runs.write(tmp_path / "part", lines, sampled=0.1))

    found = asked(run, backends.urls)

    (kept,) = [each for each in found.arrived if "Tempo" in each.where]
    assert kept.expected == kept.found == 6
    assert telemetry(found).holds


def test_backends_that_are_away_are_named_and_the_report_is_made(run):
    found = asked(run, AWAY)

    assert set(found.silent) == {"Prometheus", "Loki", "Tempo"}
    assert telemetry(found).holds is None
    assert found.held
    assert "Loki: nobody at" in warnings(found)[0]


def test_one_that_refuses_the_question_is_asked_no_more(run, backends):
    backends.counters = backends.spans = 60
    backends.silent = {"/loki/api/v1/query"}

    found = asked(run, backends.urls)

    assert set(found.silent) == {"Loki"}
    assert sum(path == "/loki/api/v1/query" for path, _ in backends.asked) == 1
    assert telemetry(found).measured == 1.0


def test_the_services_say_what_they_measured_themselves(run, backends):
    found = asked(run, backends.urls)

    rows = {(row.about, row.who): row.text for row in found.services}
    assert rows["p99", "gateway"] == "21.0 ms"
    assert rows["turned away (503)", "gateway"] == "3"
    assert rows["breaker opened", "bank"] == "2"
    assert [line.values for line in found.over_time] == [[0.02], [0.02]]


def test_a_payment_that_nobody_answered_may_have_been_decided(tmp_path):
    lines = [
        runs.line(1, number=1),
        runs.line(2, number=2, **runs.SILENCE),
        runs.line(3, number=2),
        runs.line(4, number=3, **runs.SILENCE),
        runs.line(5, number=4, status=422, payment_id=None, response_code=None),
    ]

    assert expected.decided(read(runs.write(tmp_path / "run", lines))) == (2, 3)


def test_an_order_that_is_asked_for_again_is_taken_again_and_paid_once(tmp_path):
    lines = [
        runs.line(1, number=1),
        runs.line(2, number=1),
        runs.line(3, number=2, status=202, response_code=None),
        runs.line(4, number=3, status=409, result="ok", response_code=None),
        runs.line(5, number=4, **runs.SHED),
    ]
    run = read(runs.write(tmp_path / "run", lines))

    assert expected.ordered(run) == (3, 4)
    assert expected.decided(run) == (1, 3)


def test_a_counter_that_was_restarted_counts_from_0():
    before, after = [(1.0, 800.0), (9.0, 814.0)], [(15.0, 28.0), (20.0, 59.0)]

    assert counting.growth(before + after, 10.0) == 59
    assert counting.growth(after, 10.0) == 59
    assert counting.growth(after, 15.0) == 31
    assert counting.growth([*after, (25.0, 4.0)], 15.0) == 35
    assert counting.growth(before, 10.0) == 0


def test_who_is_turned_away_at_the_door_need_not_be_told_of(tmp_path):
    unsent = runs.SILENCE | {"result": "fail", "wrong": "unsent: 600 are under way"}
    lines = [runs.line(1), runs.line(2, **runs.SHED), runs.line(3, **runs.SILENCE)]
    lines += [runs.line(4, **unsent)]

    assert expected.answered(read(runs.write(tmp_path / "run", lines))) == (1, 3)


def test_what_is_answered_when_the_run_has_ended_is_counted_too(run, tmp_path):
    late = [*run.asked, replace(run.asked[0], end=run.ended + 14)]

    assert expected.over(run) == run.ended
    assert expected.over(replace(run, asked=late)) == run.ended + 14


def test_requests_lead_to_console_and_grafana_and_to_a_command(run, backends):
    (row, *_) = (found := asked(run, backends.urls)).told(found.slowest)

    assert row["links"]["console"].startswith("http://127.0.0.1:8010/story/0000")
    assert "/explore?" in row["links"]["Grafana"]
    assert row["command"] == f"make story id={row['trace_id']}"


def test_the_command_says_whose_payment_it_is(run):
    order = run.asked[0]

    assert links.command(order, "default") == f"make story id={order.trace_id}"
    assert links.command(order, "try").endswith(" instance=try")
    assert links.command(replace(order, trace_id=None), "try") == ""


def test_without_backends_the_command_is_left(run):
    (row, *_) = (found := judged(run)).told(found.slowest)

    assert row["links"] == {}
    assert row["command"].startswith("make story id=")
