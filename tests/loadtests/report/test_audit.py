"""An audit says how much of a run's telemetry arrived, where the rest went, and exits so."""

import json
import subprocess
from dataclasses import replace

import pytest
import yaml

from loadtests.report import audit, counting, keeping, singly
from loadtests.report.auditing import COMPLETE, INCOMPLETE, UNKNOWN, audited
from loadtests.report.reading import read
from native.evidence import LogLine, Span
from native.paths import ROOT

from . import runs
from .conftest import AWAY


@pytest.fixture
def home(tmp_path):
    lines = [runs.line(at, number=at) for at in range(60)]
    return runs.write(tmp_path / "tried" / "loads" / "run", lines)


@pytest.fixture
def backends(backends, monkeypatch):
    """All arrived, and they are where the environment says."""
    backends.counters = backends.lines = backends.spans = 60
    for name, url in backends.urls.items():
        monkeypatch.setenv(f"{name}_URL", url)
    return backends


def test_a_run_that_arrived_is_complete_by_signal_and_one_by_one(home, backends):
    found = audited(read(home), backends.urls)

    assert found.shares == {"traces": 1.0, "logs": 1.0, "metrics": 1.0}
    assert len(found.looked) == 40
    assert not found.faulty
    assert found.code == COMPLETE


@pytest.mark.parametrize(
    ("what", "signal"),
    [("spans", "traces"), ("lines", "logs"), ("counters", "metrics")],
)
def test_what_is_missing_of_one_signal_is_seen_at_that_one(
    home, backends, what, signal
):
    setattr(backends, what, 54)

    found = audited(read(home), backends.urls)

    short = {name: share for name, share in found.shares.items() if share != 1}
    assert short == {signal: 0.9}
    assert found.code == INCOMPLETE


def test_an_event_that_has_two_lines_is_no_complete_run(home, backends):
    backends.repeated = 2

    found = audited(read(home), backends.urls)

    assert found.shares["logs"] == 1.0
    assert found.faulty[0].faults == (
        "its answer has 2 lines",
        "payment.decided of payments has 2 lines",
    )
    assert found.code == INCOMPLETE


def test_what_a_part_lost_is_told_though_no_count_misses_it_and_what_it_refused_is_no_loss(
    home, backends
):
    backends.own = {
        "otelcol_receiver_accepted_spans_total": 900,
        'otel_sdk_exporter_span_exported_total{error_type!=""}': 256,
        "loki_discarded_samples_total": 3,
        "otelcol_receiver_refused_log_records_total": 70,
        "otelcol_exporter_enqueue_failed_spans_total": 900,
    }

    found = audited(read(home), backends.urls)

    assert [(each.part, each.about, each.value) for each in found.losses] == [
        ("services", "spans lost", 256),
        ("Loki", "lines discarded", 3),
    ]
    assert found.code == INCOMPLETE


def test_whoever_is_silent_leaves_the_answer_open(home, backends):
    backends.silent = {"/loki/api/v1/query"}

    found = audited(read(home), backends.urls)

    assert found.shares["logs"] is None
    assert "Loki" in found.silent
    assert found.code == UNKNOWN


@pytest.fixture
def sampled(tmp_path, backends):
    """Of 60 orders six have lucky ids, four were decided in the bank's stead; the
    collector decided on them all, and kept three more that were slow."""
    lucky = [{"trace_id": f"{at:018x}{keeping.DICE}"} for at in range(6)]
    special = lucky + [{"mode": "FALLBACK"}] * 4 + [{}] * 50
    lines = [runs.line(at, number=at, **more) for at, more in enumerate(special)]
    backends.own = {counting.SAMPLER: 60}
    backends.counters = backends.lines = backends.derived = 60
    backends.spans = 13
    return read(runs.write(tmp_path / "sampled" / "loads" / "run", lines))


def test_a_stack_that_samples_is_judged_by_what_it_must_keep(sampled, backends):
    found = audited(sampled, backends.urls)

    counts = {(each.what, each.where): each for each in found.counts}
    assert counts["orders to be kept", "spans (Tempo)"].expected == 10
    assert counts["some orders", "whole traces (Tempo)"].expected == 10
    assert counts["orders taken", "span metrics (Prometheus)"].expected == 60
    assert found.code == COMPLETE


@pytest.mark.parametrize(
    ("what", "there", "signal"),
    [("spans", 9, "traces"), ("derived", 59, "metrics"), ("lines", 54, "logs")],
)
def test_what_sampling_must_keep_and_what_it_must_not_touch_is_missed(
    sampled, backends, what, there, signal
):
    setattr(backends, what, there)

    found = audited(sampled, backends.urls)

    assert [name for name, share in found.shares.items() if share != 1] == [signal]
    assert found.code == INCOMPLETE


def test_a_trace_that_sampling_must_keep_and_that_is_not_there_is_named(
    sampled, backends
):
    backends.is_there = lambda trace: trace[18:] < keeping.DICE

    found = audited(sampled, backends.urls)

    assert {each.faults for each in found.faulty} == {("its trace is missing",)}
    assert {each.trace[18:] for each in found.faulty} == {keeping.DICE}


def test_it_is_said_that_not_all_traces_were_kept(sampled, backends, capsys):
    assert audit.main([str(sampled.home)]) == COMPLETE

    told = " ".join(capsys.readouterr().out.split())
    assert "Not all traces are kept here: judged are those that must be." in told


def test_the_dice_are_those_of_the_collector():
    config = yaml.safe_load((ROOT / "otel-collector/sampled.yaml").read_text())
    sampler = config["processors"]["tail_sampling"]
    (dice,) = [each for each in sampler["policies"] if each["name"] == "dice"]

    assert keeping.DICE in dice["ottl_condition"]["span"][0]
    assert sampler["decision_wait"] == f"{keeping.DECIDED_AFTER_S:g}s"


SPAN = {"trace": "t", "kind": "SERVER", "start": 1, "end": 2, "status": "OK"}
SPAN |= {"message": "", "attributes": {}, "name": "x"}
LINE = LogLine(1, "payment.decided", {"service_name": "payments", "span_id": "b"})


def spans(*named):
    return [Span(id=i, parent=p, service=s, **SPAN) for i, p, s in named]


def test_whoever_hears_a_message_and_does_not_tell_is_named():
    first, second = spans(("a", "", "gateway"), ("b", "a", "payments"))
    heard = replace(first, id="c", parent="b", service="fraud", kind="CONSUMER")
    failed = replace(heard, id="d", status="ERROR")

    faults = list(singly.between([first, second, heard, failed], [LINE]))

    assert faults == ["'x' of fraud has no line"]


@pytest.mark.parametrize(
    ("told", "faults"),
    [
        ((("a", "", "gateway"), ("b", "a", "payments")), []),
        ((("a", "", "gateway"), ("b", "", "payments")), ["its trace has 2 roots"]),
        (
            (("a", "", "gateway"), ("b", "z", "payments")),
            ["a span of payments names a parent that is missing"],
        ),
        (
            (("a", "", "gateway"),),
            [
                "no span of payments",
                "the span of payment.decided of payments is missing",
            ],
        ),
    ],
)
def test_a_trace_is_whole_or_it_is_said_what_is_not(told, faults):
    found = spans(*told)

    assert [*singly.of_spans(found), *singly.between(found, [LINE])] == faults


def test_the_table_names_what_is_missing_and_the_command_exits_1(
    home, backends, capsys
):
    backends.lines = 57

    code = audit.main([str(home)])

    told = capsys.readouterr().out
    assert code == INCOMPLETE
    assert "95.000 %" in told
    assert "3 missing" in told
    assert "40 of 40 payments looked at" in told
    assert "✗ incomplete" in told


def test_programs_get_json_and_exit_code_0(home, backends, capsys):
    code = audit.main([str(home), "--json"])

    told = json.loads(capsys.readouterr().out)
    assert code == COMPLETE
    assert told["complete"] is True
    assert told["signals"] == {"traces": 1.0, "logs": 1.0, "metrics": 1.0}
    assert {each["part"] for each in told["pipeline"]} == {
        "services",
        "collector",
        "Loki",
        "Tempo",
        "Prometheus",
    }


def test_without_a_run_the_newest_of_the_instance_is_meant(tmp_path, home, backends):
    older = runs.write(tmp_path / "tried" / "loads" / "a-run", [runs.line(1)])

    assert older.name < home.name
    assert audit.main(["--instance", "tried"], tmp_path) == COMPLETE
    assert any("count_over_time" in query for _, query in backends.asked)


def test_without_any_run_a_short_load_is_made(tmp_path, backends, monkeypatch):
    def load(command, **_):
        assert command[command.index("--instance") + 1] == "tried"
        assert command[command.index("--minutes") + 1] == "0.5"
        lines = [runs.line(at, number=at) for at in range(60)]
        runs.write(tmp_path / "tried" / "loads" / "run", lines)
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(audit.subprocess, "run", load)

    assert audit.main(["--instance", "tried"], tmp_path) == COMPLETE


def test_where_no_load_can_be_made_there_is_no_audit(tmp_path, monkeypatch, capsys):
    def load(command, **_):
        return subprocess.CompletedProcess(command, 2)

    monkeypatch.setattr(audit.subprocess, "run", load)

    assert audit.main(["--instance", "tried"], tmp_path) == UNKNOWN
    assert "it exits 2" in capsys.readouterr().err


def test_a_stack_that_is_down_leaves_it_open(home, monkeypatch, capsys):
    for name, url in AWAY.items():
        monkeypatch.setenv(f"{name}_URL", url)

    assert audit.main([str(home)]) == UNKNOWN
    assert "Tempo did not answer" in capsys.readouterr().out
