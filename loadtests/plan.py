"""What a run is to be, and what became of it: run.json in the run's directory."""

import json
import platform
import random
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from loadtests.scenario import DEFAULT

RUN_FILE = "run.json"
PART_FILE = "process-{}.json"
"""What each process of Locust found out about itself, until the runner sums it up."""

FORGOTTEN = 2**31


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that decides what users will do; the same plan makes the same load."""

    run_id: str = ""
    shape: str = "steady"
    scenario: str = DEFAULT
    seed: int = field(default_factory=lambda: random.randrange(FORGOTTEN))
    users: int = 0
    rate: float | None = None
    minutes: float = 0.0
    processes: int = 1
    host: str = ""
    seed_was_used: bool = False
    """Cards of this seed may be known from an earlier run, and the stolen ones RED."""
    bearable: Mapping[str, float] | None = None
    """What a step may do and still count as kept up, where steps are looked at."""

    @property
    def seconds(self) -> float:
        return self.minutes * 60

    @property
    def is_open(self) -> bool:
        """Payments are due at a rate, however long answers take."""
        return self.rate is not None

    @classmethod
    def read(cls, folder: Path) -> Self:
        found = load(folder)
        return cls(**{name: found[name] for name in cls.__slots__ if name in found})

    def write(self, folder: Path) -> None:
        save(folder, asdict(self) | {"machine": platform.node()})


def new_folder(loads: Path, shape: str) -> Path:
    """A directory of its own, named by its begin; the run's id is its name."""
    name = f"{time.strftime('%Y%m%d-%H%M%S')}-{shape}"
    for again in range(2, 100):
        folder = loads / name
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            name = f"{name.removesuffix(f'.{again - 1}')}.{again}"
        else:
            return folder
    raise FileExistsError(name)


def is_known(seed: int, loads: Path) -> bool:
    """A run of this instance drew the same cards."""
    return any(
        load(file.parent).get("seed") == seed for file in loads.glob("*/run.json")
    )


def load(folder: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads((folder / RUN_FILE).read_text("utf-8"))
    except ValueError:
        return {}
    return found


def save(folder: Path, run: Mapping[str, Any]) -> None:
    text = json.dumps(run, indent=2) + "\n"
    (folder / RUN_FILE).write_text(text, encoding="utf-8")
