"""The pipeline's files hold what they promise, and each server accepts its own."""

import json
import os
import re
import subprocess

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from native.builds import program
from native.paths import ROOT

from .composed import ENV, composed

COLLECTOR = yaml.safe_load((ROOT / "otel-collector/config.yaml").read_text())
PIPELINES = COLLECTOR["service"]["pipelines"]
CHECKS = {
    "otelcol": ["validate", "--config", "otel-collector/config.yaml"],
    "loki": [
        "-config.file=loki/config.yaml",
        "-config.expand-env=true",
        "-verify-config",
    ],
    "tempo": [
        "-config.file=tempo/config.yaml",
        "-config.expand-env=true",
        "-config.verify=true",
    ],
    "promtool": ["check", "config", "prometheus/prometheus.yml"],
}
CARDS = [
    "4111111111111111",
    "4222222222222",
    "5204460010000007",
    "5204 4600 1000 0007",
    "5204-4600-1000-0007",
    "6304000000000000",
    "6799990100000000019",
    "3530111333300000",
    "30569309025904",
    "3056 930902 5904",
    "378282246310005",
    "3782-822463-10005",
]
AROUND = [
    "{}",
    "card {}.",
    "({})",
    '"{}"',
    "pan={};",
    "a_{}_b",
    "{}, {}",
    "{} {}",
    "+33 6 {}",
]


@pytest.mark.parametrize("name", CHECKS)
def test_a_server_accepts_its_file(name, tmp_path):
    told = subprocess.run(
        [program(name), *CHECKS[name]],
        cwd=ROOT,
        env={**os.environ, "QUEUE_DIR": str(tmp_path), "LOKI_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert told.returncode == 0, told.stdout + told.stderr


@pytest.mark.parametrize("file", sorted((ROOT / "prometheus/tests").glob("*.yml")))
def test_rules_compute_what_their_tests_expect(file):
    told = subprocess.run(
        [program("promtool"), "test", "rules", file],
        capture_output=True,
        text=True,
        check=False,
    )

    assert told.returncode == 0, told.stdout + told.stderr


@pytest.mark.parametrize("name", COLLECTOR["exporters"])
def test_what_the_collector_took_it_keeps_until_it_is_sent(name):
    exporter = COLLECTOR["exporters"][name]

    assert exporter["sending_queue"]["storage"] == "file_storage/queue"
    assert exporter["sending_queue"]["batch"]
    assert exporter["retry_on_failure"]["max_elapsed_time"] == "0s"
    assert not any(part.startswith("batch") for part in COLLECTOR["processors"])


def test_signals_are_guarded_and_masked_before_anything_sees_them():
    for name in ("traces", "metrics", "logs"):
        processors = PIPELINES[name]["processors"]
        assert processors[0] == "memory_limiter"
        assert "redaction/cards" in processors
    others = [each for each in PIPELINES.values() if each["receivers"] == ["otlp"]]
    assert len(others) == 3


def test_metrics_of_spans_are_derived_once():
    tempo = yaml.safe_load((ROOT / "tempo/config.yaml").read_text())
    generated = tempo["overrides"]["defaults"]["metrics_generator"]["processors"]

    assert {"spanmetrics", "forward/graphs"} < set(PIPELINES["traces"]["exporters"])
    assert generated == ["local-blocks"]


def test_each_hearer_has_a_service_graph_of_its_own():
    heard = {path.parent.name for path in (ROOT / "apps").glob("*/listeners.py")}
    hearers = heard - {"kit"}
    graphs = {
        name.partition("/")[2]
        for name in COLLECTOR["connectors"]
        if name.startswith("servicegraph/")
    }

    assert graphs == hearers
    for name in hearers:
        (condition,) = COLLECTOR["processors"][f"filter/heard_by_{name}"]["traces"][
            "span"
        ]
        assert condition.endswith(f'!= "{name}")')
        assert PIPELINES[f"traces/{name}"]["exporters"] == [f"servicegraph/{name}"]


def test_prometheus_scrapes_the_stack_where_compose_runs_it():
    services = composed()["services"]
    targets = json.loads((ROOT / "prometheus/targets/compose.json").read_text())
    ports = {
        name: ENV[f"{name.upper()}_PORT"]
        for name in ("loki", "tempo", "prometheus", "grafana")
    }
    ports["otel-collector"] = ENV["COLLECTOR_METRICS_PORT"]

    listed = dict(entry["targets"][0].split(":") for entry in targets)

    assert listed == ports
    assert set(listed) <= set(services)
    for entry in targets:
        name = entry["labels"]["service_name"]
        assert entry["targets"][0].startswith(f"{name}:")
        assert entry["labels"]["job"] == f"payscope/{name}"


def masks():
    """Both nets: redaction's list, and the transform for names and status messages."""
    redaction = COLLECTOR["processors"]["redaction/cards"]["blocked_values"]
    statements = COLLECTOR["processors"]["transform/cards"]["trace_statements"]
    for field in ("span.name", "span.status.message"):
        found = [
            re.search(rf'{re.escape(field)}, "(.+?)", ', each) for each in statements
        ]
        yield field, [each[1].replace("\\\\", "\\") for each in found if each]
    yield "redaction", redaction


@pytest.mark.parametrize(
    ("net", "patterns"), [pytest.param(*m, id=m[0]) for m in masks()]
)
class TestMasking:
    @pytest.mark.parametrize("around", AROUND)
    @pytest.mark.parametrize("card", CARDS)
    def test_a_card_is_caught_wherever_it_stands(self, net, patterns, card, around):
        text = around.replace("{}", card)

        assert not re.search(r"\d{5}|\d{4}[ -]\d{4}", masked(text, patterns)), net

    def test_ids_and_times_pass_unchanged(self, net, patterns):
        @given(
            st.uuids(),
            st.integers(0, 2**128 - 1),
            st.integers(1_600_000_000, 1_990_000_000),
        )
        def unchanged(uuid, trace, second):
            ids = f"{uuid} {uuid.hex} {trace:032x} payment/{uuid}"
            times = f"{second} {second * 1000} {second * 10**6} {second * 10**9}"
            text = f"{ids} {times} 2026-11-22T03:04:05.123456789Z 25000 10.0.0.1:54321"
            assert masked(text, patterns) == text

        unchanged()


def masked(text, patterns):
    for pattern in patterns:
        text = re.sub(pattern, "****", text, flags=re.ASCII)
    return text
