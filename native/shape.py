"""How many of each process a stack has, and whether faults can be put between them."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Self

from .paths import Instance
from .trouble import Trouble

REPLICATED = ("payments", "bank")
MOST = 3
"""Replicas of a service; .env has ports for so many."""

TRAFFIC = "traffic"
PROBE = "probe"
CONSOLE = "console"
CALLERS = frozenset({TRAFFIC, PROBE, CONSOLE})
"""Who asks the gateway from beside; each may come while the rest is up, and stays."""

PROXIED = ("payments", "bank", "fraud", "backoffice", "notifications")


@dataclass(frozen=True, slots=True)
class Replica:
    """One process of a service; the first is called like the service itself."""

    service: str
    number: int = 1

    @property
    def process(self) -> str:
        return self.service if self.number == 1 else self.instance

    @property
    def instance(self) -> str:
        """What it is called in telemetry, in discovery and by the fault proxy."""
        return f"{self.service}-{self.number}"

    @property
    def port(self) -> str:
        """The name of its port in .env."""
        name = self.process.upper().replace("-", "_")
        return f"{name}_PORT" if self.number == 1 else f"REPLICA_{name}_PORT"

    @property
    def proxy_port(self) -> str:
        """The name of the port in .env where it is reached through the fault proxy."""
        return f"PROXY_{self.process.upper().replace('-', '_')}_PORT"


@dataclass(frozen=True, slots=True)
class Shape:
    """What an instance was started as; kept beside its data."""

    replicas: int = 1
    faults: bool = False
    traffic: bool = False
    """Whether somebody pays all the time, so that there is something to see."""
    sampled: bool = False
    """Whether the collector keeps the traces worth keeping, and one in ten besides."""
    probe: bool = False
    """Whether somebody pays every five seconds to see whether one can."""
    console: bool = False
    """Whether there is the web page."""

    def __post_init__(self) -> None:
        if not 1 <= self.replicas <= MOST:
            raise Trouble(
                f"{self.replicas} replicas are not possible.",
                f"ask for 1 to {MOST} of {' and '.join(REPLICATED)}.",
            )

    @classmethod
    def load(cls, instance: Instance) -> Self:
        file = instance.home / "shape.json"
        return cls(**json.loads(file.read_text())) if file.is_file() else cls()

    def save(self, instance: Instance) -> None:
        (instance.home / "shape.json").write_text(json.dumps(asdict(self)))

    def further(self) -> Iterator[Replica]:
        """The replicas beside the first ones."""
        for number in range(2, self.replicas + 1):
            for service in REPLICATED:
                yield Replica(service, number)

    def callers(self) -> set[str]:
        """Who asks the gateway from beside here."""
        return {name for name in CALLERS if getattr(self, name)}


def proxied(shape: Shape) -> list[Replica]:
    """Everybody who can be reached through the fault proxy."""
    return [*(Replica(service) for service in PROXIED), *shape.further()]
