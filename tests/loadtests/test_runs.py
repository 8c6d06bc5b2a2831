"""A run from its begin to its end, against a gateway that keeps the rules in memory."""

import json
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest

from native.paths import ROOT

NOBODY = "http://127.0.0.1:1"
DEAF = dict.fromkeys(
    ("OTEL_EXPORTER_OTLP_ENDPOINT", "PROMETHEUS_URL", "LOKI_URL", "TEMPO_URL"), NOBODY
)
"""Whatever runs here besides, it is not what is paid."""

IN_THE_BACKGROUND = ["sh", "-c", 'trap "" INT; exec "$@"', "sh"]
"""As a script's `&` starts it: deaf to Ctrl-C, unless it listens."""

TILL = """about = "One journey."
pace = [0.01, 0.05]
[journeys.till]
weight = 1
"""
EVERYBODY = """about = "Everybody, and nobody waits."
pace = [0.01, 0.05]
[journeys.till]
weight = 4
[journeys.shop]
weight = 1
[journeys.refunds]
weight = 1
[journeys.merchant]
weight = 1
[journeys.retrying]
weight = 1
[journeys.impatient]
weight = 1
[journeys.malformed]
weight = 3
[journeys.tester]
users = 1
"""
JOURNEYS = 8


@contextmanager
def gateway(fault=""):
    module = "tests.loadtests.gateway"
    command = [sys.executable, "-m", module, *([fault] if fault else [])]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as run:
        try:
            yield f"http://127.0.0.1:{run.stdout.readline().strip()}"
        finally:
            run.terminate()


@pytest.fixture
def load(tmp_path, monkeypatch):
    """Starts `python -m loadtests` on a gateway, in a scenario."""
    for name, value in DEAF.items():
        monkeypatch.setenv(name, value)
    file = tmp_path / "scenario.toml"

    def start(url, scenario, *words):
        file.write_text(scenario)
        given = ["--host", url, "--into", str(tmp_path), "--scenario", str(file)]
        return subprocess.Popen(
            [*IN_THE_BACKGROUND, sys.executable, "-m", "loadtests", *given, *words],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    return start


def ended(process, tmp_path):
    """Its exit code, its run.json and all lines of its histories."""
    said, _ = process.communicate(timeout=90)
    (folder,) = (file.parent for file in tmp_path.glob("*/run.json"))
    whole = "".join(file.read_text() for file in folder.glob("history*.jsonl"))
    lines = [json.loads(line) for line in whole.splitlines()]
    return (
        process.returncode,
        json.loads((folder / "run.json").read_text()),
        lines,
        said,
    )


def begun(tmp_path, journeys, within=60):
    """Waits until so many journeys have asked something."""
    ends = time.monotonic() + within
    while time.monotonic() < ends:
        files = tmp_path.glob("*/history*.jsonl")
        lines = [json.loads(line) for each in files for line in whole_lines(each)]
        if len({line["journey"] for line in lines}) >= journeys:
            return
        time.sleep(0.2)
    raise TimeoutError(journeys)


def whole_lines(file):
    return file.read_text().rpartition("\n")[0].splitlines()


def test_who_keeps_the_rules_is_found_without_fault_though_the_run_is_broken_off(
    load, tmp_path
):
    with gateway() as url:
        words = "--users", "20", "--minutes", "5", "--processes", "2"
        process = load(url, EVERYBODY, *words)
        begun(tmp_path, JOURNEYS)
        process.send_signal(signal.SIGINT)
        code, run, lines, said = ended(process, tmp_path)

    assert {(line["step"], line["wrong"]) for line in lines if line["wrong"]} == set()
    assert code in {0, 1}, said  # a busy machine may be slow
    assert {line["result"] for line in lines} == {"ok"}
    assert {line["kind"] for line in lines} == {"floor", "bank", "other"}
    assert (run["processes"], run["aborted"], run["broken_visits"]) == (2, True, 0)
    assert run["ended"] - run["started"] < 60
    assert run["locust_cpu_s"] > 0
    assert run["stages"][0]["users"] == 20


def test_wrong_answers_fail_the_run_and_are_named(load, tmp_path):
    with gateway("declines") as url:
        words = "--shape", "open", "--rate", "15", "--minutes", "0.03"
        process = load(url, TILL, *words)
        code, run, lines, _ = ended(process, tmp_path)

    assert code == 1
    wrong = [line for line in lines if line["result"] == "fail"]
    assert {line["wrong"].partition(":")[0] for line in wrong} == {"decision"}
    assert (run["rate"], run["aborted"]) == (15, False)
    assert all(line["due"] <= line["start"] for line in lines)
