"""A process that was told where to die dies there, as if it had been killed."""

import json
import os
import subprocess
import sys

import pytest

from apps.kit.crashing import POINTS, crash_point

PASSES = """
from apps.kit import logs
from apps.kit.crashing import crash_point
logs.start("payments")
try:
    for _ in range(3):
        print("passing", flush=True)
        crash_point("outbox.after_put")
        crash_point("inbox.before_ack")
finally:
    print("cleaned up")
"""


def passes(**environment):
    environment = {**os.environ, "OTEL_SERVICE_NAME": "payments", **environment}
    command = [sys.executable, "-c", PASSES]
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False
    )


def test_a_process_dies_where_it_was_told_and_cleans_nothing_up():
    died = passes(PAYSCOPE_CRASH_AT="outbox.after_put")

    said, told = died.stdout.splitlines()
    assert died.returncode == 137
    assert said == "passing"
    assert json.loads(told)["event"] == "process.crashed"
    assert json.loads(told)["crash.point"] == "outbox.after_put"


def test_it_may_pass_before_it_dies():
    died = passes(PAYSCOPE_CRASH_AT="inbox.before_ack:2")

    assert died.returncode == 137
    assert died.stdout.count("passing") == 2


@pytest.mark.parametrize(("service", "code"), [("payments", 137), ("bank", 0)])
def test_only_the_service_that_is_meant_dies(service, code):
    there = passes(PAYSCOPE_CRASH_AT="outbox.after_put", PAYSCOPE_CRASH_IN=service)

    assert there.returncode == code


@pytest.mark.parametrize(
    "asked", ["outbox.somewhere", "outbox.after_put:0", "outbox.after_put:x"]
)
def test_a_place_that_is_none_stops_the_start(asked):
    refused = passes(PAYSCOPE_CRASH_AT=asked)

    assert refused.returncode == 78
    assert f"PAYSCOPE_CRASH_AT: '{asked}' is no crash point" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert not refused.stdout


def test_nothing_dies_unasked():
    for name in POINTS:
        crash_point(name)

    assert len(POINTS) == 12
