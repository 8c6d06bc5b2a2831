"""What a run of benchmarks measured, as a file in dist/bench/."""

import json
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from native.figures import machine
from native.paths import ROOT
from native.trouble import Trouble

PLACE = ROOT / "dist" / "bench"


def about() -> dict[str, Any]:
    """When and where, and what else the machine had to do."""
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "load_before": [round(each, 2) for each in os.getloadavg()],
    }


def save(told: dict[str, Any], kind: str = "", place: Path = PLACE) -> Path:
    """`kind` says what sort of run it was, where it was not a whole `make bench`."""
    place.mkdir(parents=True, exist_ok=True)
    name = f"{datetime.now(UTC):%Y%m%d-%H%M%S}{kind and f'-{kind}'}.json"
    file = place / name
    file.write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n")
    return file


def last(given: Sequence[str] = (), place: Path = PLACE) -> tuple[Path, dict[str, Any]]:
    """The run that is meant, or else the newest that has ratios."""
    kept = [*place.glob("????????-??????.json"), *place.glob("*-part.json")]
    runs = [Path(each) for each in given] or sorted(kept)
    if not runs or not runs[-1].is_file():
        raise Trouble("There is no run to look at.", "python -m benchmarks")
    return runs[-1], json.loads(runs[-1].read_text())
