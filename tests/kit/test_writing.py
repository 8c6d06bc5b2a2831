"""A line of our own leaves twice and alike: on stdout, and over OTLP."""

import json
import logging
import subprocess
import sys

import pytest
from opentelemetry.trace import SpanKind

from apps.kit import writing
from apps.kit.signals import started, tell
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


def broken():
    try:
        raise ValueError("no")
    except ValueError as fault:
        return fault


@pytest.mark.parametrize("fault", [None, broken()], ids=["calm", "broken"])
def test_a_line_of_ours_and_a_librarys_have_the_same_keys_in_the_same_order(
    told, fault
):
    with started("test.line", SpanKind.INTERNAL):
        tell("ours.told", {}, level="error", fault=fault)
        logging.getLogger("some.library").error("theirs", exc_info=fault)

    ours, theirs = told.event("ours.told"), told.event("theirs")
    assert list(ours) == list(theirs)
    assert list(ours)[:5] == ["timestamp", "level", "event", "service.name", "logger"]
    assert ours["trace_id"] == theirs["trace_id"]
    assert ours["service.name"] == theirs["service.name"]


def test_what_is_told_stays_as_it_was(told):
    facts = {"fact.note": "as it was"}

    with started("test.line", SpanKind.INTERNAL):
        tell("fact.told", facts, level="warning", fault=broken())

    assert facts == {"fact.note": "as it was"}
    assert dict(told.span("test.line").attributes) == facts


def test_what_is_below_the_level_is_told_once_the_level_is_lower(told, monkeypatch):
    tell("fact.told", {"fact.number": 1}, level="debug")
    monkeypatch.setattr(writing.way, "least", logging.DEBUG)
    tell("fact.told", {"fact.number": 2}, level="debug")

    line = told.event("fact.told")
    assert (line["fact.number"], line["level"]) == (2, "debug")


def test_lines_go_where_stdout_was_when_telling_began():
    script = "import contextlib, io; from apps.kit import logs; from apps.kit.signals"
    script += " import tell\nwith contextlib.redirect_stdout(io.StringIO()):"
    script += " logs.start('verify')\ntell('fact.told', {}); print('the answer')"

    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )

    assert done.stdout == "the answer\n"
