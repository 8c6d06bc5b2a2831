"""The promises of slo.toml, as values."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

FILE = Path(__file__).with_name("slo.toml")


class Unpromised(Exception):
    """slo.toml says something that cannot be kept to."""


@dataclass(frozen=True, slots=True)
class Burn:
    """How fast a budget may go before somebody is told."""

    rate: float
    long: str
    short: str
    severity: str


@dataclass(frozen=True, slots=True)
class Events:
    """What counts, by the name and the labels of the signal that counts it."""

    signal: str
    where: Mapping[str, str] = field(default_factory=dict)
    bad: Mapping[str, str] = field(default_factory=dict)
    within_s: float | None = None


@dataclass(frozen=True, slots=True)
class Counters:
    """Series that others give, which no signal of ours declares."""

    bad: tuple[str, ...]
    all: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Silent:
    """A signal that every living service gives; silent for so long, it is dead."""

    signal: str
    long: str
    within: str


@dataclass(frozen=True, slots=True)
class Limit:
    """What the client of a load run may measure."""

    measure: str
    path: str | None = None
    at_most: float | None = None
    at_least: float | None = None

    def holds(self, value: float) -> bool:
        if self.at_least is not None:
            return value >= self.at_least
        return self.at_most is not None and value <= self.at_most


@dataclass(frozen=True, slots=True)
class Slo:
    """One promise: kept by alerts, by load runs, or by both."""

    name: str
    meaning: str
    objective: float
    alert: str | None = None
    events: Events | None = None
    counters: Counters | None = None
    zero: tuple[str, ...] = ()
    silent: Silent | None = None
    load: Limit | None = None

    @property
    def budget(self) -> float:
        """The share that may be bad."""
        return round(1 - self.objective, 9)

    @classmethod
    def of(cls, raw: Mapping[str, Any]) -> Self:
        parts: dict[str, Any] = dict(raw)
        for name, kind in (("events", Events), ("load", Limit)):
            if name in parts:
                parts[name] = kind(**parts[name])
        if said := parts.get("counters"):
            parts["counters"] = Counters(tuple(said["bad"]), tuple(said["all"]))
        if said := parts.get("silent"):
            parts["silent"] = Silent(said["signal"], said["for"], said["within"])
        return cls(**parts | {"zero": tuple(parts.get("zero", ()))})


@dataclass(frozen=True, slots=True)
class Knee:
    """When a step of a growing load kept up, and which shapes are after the knee."""

    shapes: tuple[str, ...]
    errors: float
    p99_s: float


@dataclass(frozen=True, slots=True)
class Promises:
    """All of slo.toml."""

    window: str
    burns: tuple[Burn, ...]
    knee: Knee
    slos: tuple[Slo, ...]


def load(file: Path = FILE) -> Promises:
    """Raises Unpromised where the file has words that nobody knows."""
    said = tomllib.loads(file.read_text(encoding="utf-8"))
    try:
        knee = said["knee"]
        return Promises(
            said["window"],
            tuple(Burn(**each) for each in said["burn"]),
            Knee(tuple(knee["shapes"]), knee["errors"], knee["p99_s"]),
            tuple(Slo.of(each) for each in said["slo"]),
        )
    except (KeyError, TypeError) as fault:
        raise Unpromised(f"{file.name}: {fault}") from fault
