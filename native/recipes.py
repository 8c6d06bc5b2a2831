"""What is built from which pinned sources, and under which key it is kept."""

import hashlib
import platform
from dataclasses import dataclass
from pathlib import Path

from . import go
from .paths import cache


@dataclass(frozen=True, slots=True)
class Build:
    """One folder of native/builds/ and the programs that come out of it."""

    name: str
    programs: dict[str, str]
    """Program name to Go package."""
    tags: str = ""

    @property
    def source(self) -> Path:
        return go.BUILDS / self.name

    @property
    def key(self) -> str:
        """Changes with the sources, the checksums, the flags and the machine's kind."""
        digest = hashlib.sha256()
        for file in sorted(self.source.iterdir()):
            digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
        digest.update(
            repr((self.flags, go.OURS["GOFLAGS"], platform.system())).encode()
        )
        digest.update(platform.machine().encode())
        return digest.hexdigest()[:12]

    @property
    def flags(self) -> list[str]:
        return ["-ldflags", "-s -w", *(["-tags", self.tags] if self.tags else [])]

    @property
    def home(self) -> Path:
        return cache() / "bin" / f"{self.name}-{self.key}"

    @property
    def is_made(self) -> bool:
        return all((self.home / program).is_file() for program in self.programs)


STACK = (
    Build("nats", {"nats-server": "github.com/nats-io/nats-server/v2"}),
    Build("otelcol", {"otelcol": "."}),
    Build(
        "prometheus",
        {
            "prometheus": "github.com/prometheus/prometheus/cmd/prometheus",
            "promtool": "github.com/prometheus/prometheus/cmd/promtool",
        },
        tags="netgo,remove_all_sd",
    ),
    Build("tempo", {"tempo": "github.com/grafana/tempo/cmd/tempo"}),
    Build("loki", {"loki": "github.com/grafana/loki/v3/cmd/loki"}),
    Build(
        "alertmanager",
        {
            "alertmanager": "github.com/prometheus/alertmanager/cmd/alertmanager",
            "amtool": "github.com/prometheus/alertmanager/cmd/amtool",
        },
    ),
)
"""What `up` runs."""

FAULTS = (
    Build("toxiproxy", {"toxiproxy": "github.com/Shopify/toxiproxy/v2/cmd/server"}),
)
"""What `up --faults` runs besides."""

TOOLS = (
    Build("compose", {"docker-compose": "github.com/docker/compose/v2/cmd"}),
    *FAULTS,
)
"""What a start does without."""
