"""The real collector alone: its pipelines as they are, with files in the backends' place."""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml

from native.backends import until
from native.builds import program
from native.paths import ROOT
from tests.conftest import free_port

CONFIG = ROOT / "otel-collector/config.yaml"
KEPT = ("traces", "metrics", "logs", "metrics/leaks")


@dataclass(frozen=True)
class Collector:
    url: str
    folder: Path
    pid: int

    def send(self, signal: str, body: dict[str, Any]) -> None:
        answer = httpx.post(f"{self.url}/v1/{signal}", json=body, timeout=30)
        assert answer.status_code == 200, answer.text

    def passed_on(self, pipeline: str) -> list[dict[str, Any]]:
        """All that has left by that pipeline, an OTLP request each."""
        file = self.folder / f"{pipeline.replace('/', '-')}.json"
        lines = file.read_text().splitlines() if file.is_file() else []
        return [json.loads(line) for line in lines]


@contextmanager
def collector(folder: Path, config: Path = CONFIG) -> Iterator[Collector]:
    """It listens inside, and what it sends lies in the folder."""
    ports = {
        name: free_port() for name in ("OTLP_HTTP", "OTLP_GRPC", "HEALTH", "METRICS")
    }
    (folder / "alone.yaml").write_text(yaml.safe_dump(alone(config, folder)))
    variables = {
        "OTLP_HTTP_PORT": str(ports["OTLP_HTTP"]),
        "OTLP_GRPC_PORT": str(ports["OTLP_GRPC"]),
        "COLLECTOR_HEALTH_PORT": str(ports["HEALTH"]),
        "COLLECTOR_METRICS_PORT": str(ports["METRICS"]),
    }
    with (folder / "said.log").open("wb") as said:
        running = subprocess.Popen(
            [program("otelcol"), "--config", str(folder / "alone.yaml")],
            env={**os.environ, **variables},
            stdout=said,
            stderr=said,
        )
    try:
        health = f"http://127.0.0.1:{ports['HEALTH']}"
        until(lambda: _is_well(health, running, folder), within=30)
        yield Collector(f"http://127.0.0.1:{ports['OTLP_HTTP']}", folder, running.pid)
    finally:
        running.terminate()
        running.wait(10)


def alone(config: Path, folder: Path) -> dict[str, Any]:
    """The file without what is derived from spans, and without anybody to send to."""
    whole: dict[str, Any] = yaml.safe_load(config.read_text())
    pipelines = whole["service"]["pipelines"]
    whole["exporters"] = {}
    used = set()
    for name in set(pipelines) - set(KEPT):
        del pipelines[name]
    for name, pipeline in pipelines.items():
        file = f"file/{name.replace('/', '-')}"
        path = folder / f"{name.replace('/', '-')}.json"
        whole["exporters"][file] = {"path": str(path), "flush_interval": "100ms"}
        counted = [each for each in pipeline["exporters"] if each == "count/leaks"]
        pipeline["exporters"] = [*counted, file]
        used |= set(counted)
    whole["connectors"] = {name: whole["connectors"][name] for name in used}
    whole["service"]["extensions"] = ["health_check"]
    whole["extensions"].pop("file_storage/queue")
    whole["service"]["telemetry"].pop("logs")
    return whole


def _is_well(url: str, running: "subprocess.Popen[bytes]", folder: Path) -> bool:
    assert running.poll() is None, (folder / "said.log").read_text()[-3000:]
    try:
        return httpx.get(url, timeout=1).is_success
    except httpx.TransportError:
        return False
