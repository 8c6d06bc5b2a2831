"""A line of our own leaves twice and alike: on stdout, and over OTLP."""

import json
import subprocess
import sys

from benchmarks.sink import sinking

TOLD = """
from opentelemetry.trace import SpanKind
from apps.kit import telemetry
from apps.kit.signals import started, tell
telemetry.start("payments")
with started("payments.pay", SpanKind.INTERNAL):
    tell("payment.decided", {"payment.amount": 2500, "payment.reason": "none"})
    tell("nobody.asked", {}, level="debug")
    try:
        raise ValueError("card 5204460010000007")
    except ValueError as fault:
        tell("payment.failed", {}, level="error", fault=fault)
import logging
logging.getLogger("some.library").warning("by the way")
telemetry.stop()
"""


def test_lines_leave_on_stdout_and_over_otlp_with_their_trace():
    with sinking() as sink:
        done = subprocess.run(
            [sys.executable, "-c", TOLD],
            capture_output=True,
            text=True,
            check=True,
            env={
                "PATH": "",
                "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{sink.port}",
            },
        )

    lines = [json.loads(line) for line in done.stdout.splitlines()]
    names = [line["event"] for line in lines]
    assert names == ["payment.decided", "payment.failed", "by the way"]
    assert lines[0]["payment.amount"] == 2500
    assert len(lines[0]["trace_id"]) == 32
    assert "ValueError" in lines[1]["exception.stacktrace"]
    assert "5204460010000007" not in done.stdout
    (span,) = sink.all_spans["payments"]
    sent = {each.body.string_value: each for each in sink.all_lines["payments"]}
    assert set(sent) == set(names)
    decided = sent["payment.decided"]
    facts = {each.key: each.value for each in decided.attributes}
    assert facts["payment.amount"].int_value == 2500
    assert (decided.severity_text, decided.severity_number) == ("INFO", 9)
    assert sent["payment.failed"].severity_text == "ERROR"
    assert decided.trace_id == span.trace_id
    assert decided.span_id == span.span_id
    assert decided.trace_id.hex() == lines[0]["trace_id"]
    assert b"5204460010000007" not in b"".join(
        each.SerializeToString() for each in sent.values()
    )


def test_nobodys_work_fails_because_stdout_is_closed():
    script = "import sys; from apps.kit.signals import tell; sys.stdout.close()"
    script += "; tell('payment.decided', {}); sys.stderr.write('done')"

    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )

    assert done.stderr == "done"
