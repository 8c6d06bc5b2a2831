"""The pipeline's files hold what they promise, and each server accepts its own."""

import json
import os
import re
import subprocess

import pytest
import yaml

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
    "amtool": ["check-config", "alertmanager/config.yaml"],
}


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


def test_what_an_outage_filled_is_given_back():
    compaction = COLLECTOR["extensions"]["file_storage/queue"]["compaction"]

    assert compaction["on_start"]
    assert compaction["on_rebound"]


@pytest.mark.parametrize("name", ["metrics", "logs"])
def test_a_clock_that_is_ahead_is_set_right_before_a_backend_refuses_it(name):
    """Both refuse what is ten minutes ahead; Prometheus all that came along with it."""
    assert PIPELINES[name]["processors"][:2] == ["memory_limiter", "transform/clocks"]
    clocks = COLLECTOR["processors"]["transform/clocks"]
    told = clocks[f"{name.removesuffix('s')}_statements"]
    ahead = {re.search(r'> Now\(\) \+ Duration\("(\d+)m"\)$', each)[1] for each in told}
    assert {int(minutes) for minutes in ahead} == {9}


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
        for name in ("loki", "tempo", "prometheus", "alertmanager", "grafana")
    }
    ports["otel-collector"] = ENV["COLLECTOR_METRICS_PORT"]

    listed = dict(entry["targets"][0].split(":") for entry in targets)

    assert listed == ports
    assert set(listed) <= set(services)
    for entry in targets:
        name = entry["labels"]["service_name"]
        assert entry["targets"][0].startswith(f"{name}:")
        assert entry["labels"]["job"] == f"payscope/{name}"


OF_BACKENDS = re.compile(
    r"\b(?:otelcol|loki|tempo|tempodb|prometheus|alertmanager|go|process)_[a-z0-9_]+"
    r"_(?:total|bytes|size|capacity|streams|chunks|series|traces|seconds|successful)\b"
)
ASKING = [
    *ROOT.glob("grafana/provisioning/dashboards/json/*.json"),
    *ROOT.glob("prometheus/rules/*.yml"),
    *ROOT.glob("docs/runbooks/*.md"),
    *ROOT.glob("tests/stack/**/*.py"),
    *ROOT.glob("tests/chaos/*.py"),
    *ROOT.glob("loadtests/**/*.py"),
]
OURS = re.compile(r"process_(cpu_time|memory_usage)_.*")


def is_kept(name):
    scrapes = yaml.safe_load((ROOT / "prometheus/prometheus.yml").read_text())
    keep, drop = scrapes["scrape_configs"][0]["metric_relabel_configs"]
    assert (keep["action"], drop["action"]) == ("keep", "drop")
    return re.fullmatch(keep["regex"], name) and not re.fullmatch(drop["regex"], name)


def test_what_is_asked_of_the_backends_is_kept():
    asked = {
        name
        for file in ASKING
        for name in OF_BACKENDS.findall(file.read_text())
        if not OURS.fullmatch(name)
    }
    lost = sorted(name for name in asked if not is_kept(name))

    assert "otelcol_exporter_queue_size" in asked
    assert lost == [], "prometheus/prometheus.yml drops them"


def test_of_what_nobody_asks_for_little_is_kept():
    assert not is_kept("loki_request_duration_seconds_bucket")
    assert not is_kept("tempo_ring_members")
    assert is_kept("loki_discarded_samples_total")
    assert is_kept("process_resident_memory_bytes")


def test_both_nets_have_one_pattern():
    """Redaction's, and the transform's for what redaction does not look at."""
    condition = COLLECTOR["processors"]["transform/cards"]["trace_statements"][0]

    (pattern,) = COLLECTOR["processors"]["redaction/cards"]["blocked_values"]
    assert pattern.replace("\\", "\\\\") in condition["conditions"][0]


def test_what_the_last_net_masks_is_counted():
    for name in ("traces", "metrics", "logs"):
        assert "count/leaks" in PIPELINES[name]["exporters"]
    assert PIPELINES["metrics/leaks"]["receivers"] == ["count/leaks"]
    assert COLLECTOR["processors"]["redaction/cards"]["summary"] == "info"
