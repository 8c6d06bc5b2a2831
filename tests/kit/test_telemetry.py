"""The identity of a process, and the standard variables that rule its telemetry."""

import subprocess
import sys

from apps.kit.telemetry import _identity

SCRIPT = """
from apps.kit import telemetry
telemetry.start("payments")
from opentelemetry import trace
print(trace.get_tracer_provider().resource.to_json())
"""

NAMED = """
import random
from apps.kit import telemetry
telemetry.start("payments")
from opentelemetry import trace
ids = trace.get_tracer_provider().id_generator
random.seed(1)
for _ in range(200):
    print(f"{ids.generate_trace_id():032x}")
print(ids.is_trace_id_random())
"""

COUNTED = """
from apps.kit import telemetry
telemetry.start("payments")
from opentelemetry import metrics, trace
with trace.get_tracer("test").start_as_current_span("payments.pay"):
    pass
metrics.get_meter_provider().force_flush()
"""


def test_an_unnamed_process_gets_a_stable_identity(monkeypatch):
    monkeypatch.delenv("OTEL_RESOURCE_ATTRIBUTES", raising=False)

    assert _identity("payments") == _identity("payments")
    assert "service.instance.id=payments-1" in _identity("payments")
    assert "service.namespace=payscope" in _identity("payments")


def test_what_the_environment_says_stays(monkeypatch):
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "service.instance.id=payments-7")

    assert "payments-7" in _identity("payments")
    assert "payments-1" not in _identity("payments")


def test_the_providers_carry_the_whole_identity():
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": "", **dict.fromkeys(EXPORTERS, "none")},
    )

    for key in (
        "service.name",
        "service.namespace",
        "service.version",
        "service.instance.id",
        "deployment.environment.name",
    ):
        assert f'"{key}"' in done.stdout


def test_no_trace_id_begins_with_a_zero_that_tempo_would_leave_away():
    done = subprocess.run(
        [sys.executable, "-c", NAMED],
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": "", **dict.fromkeys(EXPORTERS, "none")},
    )

    *ids, is_random = done.stdout.split()
    assert {len(each) for each in ids} == {32}
    assert {each[0] for each in ids} == set("123456789abcdef")
    assert is_random == "True"


def test_what_queues_do_is_told_and_not_each_span_that_begins():
    done = subprocess.run(
        [sys.executable, "-c", COUNTED],
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": "", **dict.fromkeys(EXPORTERS, "console")},
    )

    assert "payments.pay" in done.stdout
    assert "otel.sdk.processor.span.queue.size" in done.stdout
    assert "otel.sdk.span.started" not in done.stdout


EXPORTERS = ("OTEL_TRACES_EXPORTER", "OTEL_METRICS_EXPORTER", "OTEL_LOGS_EXPORTER")
