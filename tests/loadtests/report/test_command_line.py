"""What the command says, writes and exits with."""

import json

import pytest

from loadtests.report import __main__ as report
from loadtests.report import sources

from . import runs
from .conftest import AWAY


@pytest.fixture
def away(monkeypatch):
    for name, url in AWAY.items():
        monkeypatch.setenv(f"{name}_URL", url)


@pytest.mark.usefixtures("away")
def test_promises_that_were_kept_are_exit_code_0(tmp_path, capsys):
    home = runs.write(tmp_path / "run", runs.usual())

    code = report.main([str(home)])

    told = capsys.readouterr().out
    kept = json.loads((home / "report.json").read_text())
    assert code == 0
    assert "✓ held" in told
    assert "report.html" in told
    assert "make story id=" in told
    assert kept["verdict"] == "held"
    assert kept["paths"]["floor"]["count"] + kept["paths"]["bank"]["count"] == 600
    assert kept["verdicts"] == [
        {
            "verdict": "authorised",
            "reason": "ACCEPTED",
            "mode": "STANDARD",
            "count": 600,
        }
    ]


@pytest.mark.usefixtures("away")
def test_one_wrong_answer_is_exit_code_1_and_is_named(tmp_path, capsys):
    lines = runs.usual()
    lines[7] |= runs.WRONG

    code = report.main([str(runs.write(tmp_path / "run", lines))])

    told = capsys.readouterr().out
    assert code == 1
    assert "wrong: decision: 1" in told
    assert f"make story id={lines[7]['trace_id']}" in told


def test_a_dead_stack_is_exit_code_1_and_one_sentence(tmp_path, capsys):
    home = runs.write(tmp_path / "run", [runs.line(1, **runs.SILENCE)])

    code = report.main([str(home)])

    told = capsys.readouterr().out
    assert code == 1
    assert "Nobody answered" in told
    assert "p99" not in told


def test_no_run_is_exit_code_2(tmp_path, capsys):
    assert report.main([str(tmp_path)]) == 2
    assert "no history" in capsys.readouterr().err


def test_backends_are_where_the_environment_says(monkeypatch):
    monkeypatch.setenv("LOKI_URL", "http://loki:3100/")

    found = sources.urls("never-started")

    assert found["LOKI"] == "http://loki:3100"
    assert found["TEMPO"].startswith("http://127.0.0.1:")
