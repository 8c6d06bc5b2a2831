"""A run from its begin to its end, against a gateway that keeps the rules in memory."""

import json
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest

from native.paths import ROOT

DEAF = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"}
IN_THE_BACKGROUND = ["sh", "-c", 'trap "" INT; exec "$@"', "sh"]
"""As a script's `&` starts it: deaf to Ctrl-C, unless it listens."""

SCENARIO = """about = "Everybody, and nobody waits."
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
    """Starts `python -m loadtests` on a gateway."""
    for name, value in DEAF.items():
        monkeypatch.setenv(name, value)
    scenario = tmp_path / "all.toml"
    scenario.write_text(SCENARIO)

    def start(url, *words):
        given = ["--host", url, "--into", str(tmp_path), "--scenario", str(scenario)]
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


def test_a_gateway_that_keeps_the_rules_is_found_without_fault(load, tmp_path):
    with gateway() as url:
        process = load(url, "--users", "20", "--minutes", "0.08", "--processes", "2")
        code, run, lines, said = ended(process, tmp_path)

    wrong = {(line["step"], line["wrong"]) for line in lines if line["wrong"]}
    assert wrong == set()
    assert code in {0, 1}, said  # a busy machine may be slow
    assert {line["result"] for line in lines} == {"ok"}
    journeys = {line["journey"] for line in lines}
    assert {"till", "malformed", "tester"} <= journeys
    assert {line["kind"] for line in lines} == {"floor", "bank", "other"}
    assert (run["processes"], run["aborted"], run["broken_visits"]) == (2, False, 0)
    assert run["locust_cpu_s"] > 0
    assert run["stages"][0]["users"] == 20


def test_wrong_answers_fail_the_run_and_are_named(load, tmp_path):
    with gateway("declines") as url:
        process = load(url, "--shape", "open", "--rate", "15", "--minutes", "0.08")
        code, run, lines, _ = ended(process, tmp_path)

    assert code == 1
    wrong = [line for line in lines if line["result"] == "fail"]
    assert {line["wrong"].partition(":")[0] for line in wrong} == {"decision"}
    assert run["rate"] == 15
    assert all(line["due"] <= line["start"] for line in lines)


def test_who_interrupts_a_run_gets_its_report(load, tmp_path):
    with gateway() as url:
        process = load(url, "--users", "4", "--minutes", "5")
        ends = time.monotonic() + 60
        while not list(tmp_path.glob("*/history.jsonl")) and time.monotonic() < ends:
            time.sleep(0.2)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        code, run, lines, said = ended(process, tmp_path)

    assert code in {0, 1}, said
    assert run["aborted"]
    assert run["ended"] - run["started"] < 60
    assert lines
