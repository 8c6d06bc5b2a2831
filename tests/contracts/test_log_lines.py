"""What is on stdout is as docs/logs.schema.json says; Loki keeps what is for auditors apart."""

import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager

import httpx
import pytest
import yaml
from jsonschema import Draft202012Validator
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2 as logs

from native.backends import Loki, Unanswered, until
from native.builds import program
from native.paths import ROOT
from tests.conftest import free_port

SCHEMA = json.loads((ROOT / "docs/logs.schema.json").read_text())
LOKI = yaml.safe_load((ROOT / "loki/config.yaml").read_text())
LINE = Draft202012Validator(SCHEMA)

TOLD = """
import logging
from opentelemetry.trace import SpanKind
from apps.kit import baggage, telemetry
from apps.kit.levels import levels
from apps.kit.signals import of_merchant, started, tell
from apps.kit.writing import way
telemetry.start("payments")
way.least = logging.DEBUG
for level in ("debug", "info", "warning", "error"):
    tell("thing.happened", {"thing.number": 1, "thing.share": 0.5, "thing.is_so": True},
        level=level)
with baggage.carried("journey=rush"), started("thing.do", SpanKind.INTERNAL):
    of_merchant("M-01")
    tell("auth.refused", {"auth.reason": "missing"}, audit=True)
    try:
        raise ValueError("no" * 9000)
    except ValueError as fault:
        tell("thing.failed", {}, level="error", fault=fault)
        logging.getLogger("some.library").exception("by the way")
logging.getLogger("some.library").critical("a word with %s in it", "more")
"""


def faults(line):
    return [f"{each.json_path}: {each.message}" for each in LINE.iter_errors(line)]


@pytest.fixture(scope="module")
def lines():
    done = subprocess.run(
        [sys.executable, "-c", TOLD],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env={"PATH": "", "OTEL_SDK_DISABLED": "false"} | QUIET,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


QUIET = {f"OTEL_{each}_EXPORTER": "none" for each in ("TRACES", "METRICS", "LOGS")}


def test_each_kind_of_line_is_as_the_schema_says(lines):
    Draft202012Validator.check_schema(SCHEMA)

    assert {line["level"] for line in lines} == set(
        SCHEMA["properties"]["level"]["enum"]
    )
    assert len(lines) == 8
    assert {line["event"]: faults(line) for line in lines if faults(line)} == {}


@pytest.mark.parametrize(
    "change",
    [
        {"level": "notice"},
        {"timestamp": "2026-01-01 12:00"},
        {"event": "Some prose"},
        {"trace_id": "4b"},
        {"trace_id": "4b" * 16},
        {"nodot": 1},
        {"thing.list": [1]},
        {"payscope.stream": "other"},
        {"request.duration": 0.1},
    ],
    ids=str,
)
def test_what_is_not_so_is_found(lines, change):
    line = next(line for line in lines if "trace_id" not in line)

    assert faults(line) == []
    assert faults(line | change) != []


@contextmanager
def loki(place):
    ports = {"LOKI_PORT": str(free_port()), "LOKI_GRPC_PORT": str(free_port())}
    words = ["-config.file=loki/config.yaml", "-config.expand-env=true"]
    environment = {**os.environ, **ports, "LOKI_DIR": str(place)}
    quiet = subprocess.DEVNULL
    with subprocess.Popen(
        [program("loki"), *words], cwd=ROOT, env=environment, stdout=quiet, stderr=quiet
    ) as server:
        try:
            with Loki(f"http://127.0.0.1:{ports['LOKI_PORT']}") as face:
                until(lambda: _is_ready(face), within=30)
                yield face
        finally:
            server.terminate()
            server.wait(timeout=30)


def _is_ready(face):
    try:
        return face.get("/ready").is_success
    except Unanswered:
        return False


def sent(*bodies, **attributes):
    asked = logs.ExportLogsServiceRequest()
    resource = asked.resource_logs.add()
    resource.resource.attributes.add(key="service.name").value.string_value = "fraud"
    records = resource.scope_logs.add().log_records
    for body in bodies:
        record = records.add(time_unix_nano=time.time_ns())
        record.body.string_value = body
        for key, value in attributes.items():
            record.attributes.add(key=key.replace("_", ".")).value.string_value = value
    return asked.SerializeToString()


def test_what_is_for_auditors_is_a_stream_of_its_own(tmp_path):
    with loki(tmp_path) as face:
        url = f"{face.url}/otlp/v1/logs"
        kind = {"content-type": "application/x-protobuf"}
        told = sent("card.counted", "card.assessed", card_status="GREEN")
        kept = sent("card.flagged", payscope_stream="audit", card_status="RED")
        for body in (told, kept):
            httpx.post(url, content=body, headers=kind).raise_for_status()
        found = until(
            lambda: face.lines('{service_name="fraud"}'), lambda all_: len(all_) == 3
        )
        (audit,) = face.lines('{payscope_stream="audit"}')
        streams = face.json(
            "/loki/api/v1/series", **{"match[]": '{service_name="fraud"}'}
        )

    assert audit.body == "card.flagged"
    assert len(found) == 3
    assert len(streams["data"]) == 2


def test_auditors_lines_are_kept_longer_than_others():
    limits = LOKI["limits_config"]
    (kept,) = limits["retention_stream"]

    assert kept["selector"] == '{payscope_stream="audit"}'
    assert hours(kept["period"]) >= 24 * hours(limits["retention_period"])
    assert LOKI["compactor"]["retention_enabled"]


def hours(text):
    assert text.endswith("h")
    return int(text[:-1])
