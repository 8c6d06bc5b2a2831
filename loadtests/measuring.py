"""What each process of Locust finds out about itself while it makes load."""

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil

from loadtests.plan import PART_FILE


class Costs:
    """Processor time since the load began: a load generator that is busy measures itself."""

    def __init__(self) -> None:
        self.at, self.cpu_s = time.time(), _cpu_s()
        self.ended: float | None = None

    def ends(self) -> None:
        """From here on no visit begins; those under way may take a while."""
        self.ended = time.time()

    def written(self, folder: Path, place: int | str, **more: Any) -> None:
        """To the run's directory, for the runner to sum up."""
        told = {
            "place": place,
            "started": self.at,
            "ended": self.ended or time.time(),
            "cpu_s": round(_cpu_s() - self.cpu_s, 3),
            **more,
        }
        file = folder / PART_FILE.format(place)
        file.write_text(json.dumps(told), encoding="utf-8")


def summed(folder: Path) -> Mapping[str, Any]:
    """Of all processes; the files are gone afterwards. Empty if no load was made."""
    files = sorted(folder.glob(PART_FILE.format("*")))
    parts = [json.loads(file.read_text(encoding="utf-8")) for file in files]
    for file in files:
        file.unlink()
    if not parts:
        return {}
    begun = min(each["started"] for each in parts)
    found = {
        "started": begun,
        "ended": max(each["ended"] for each in parts),
        "locust_cpu_s": round(sum(each["cpu_s"] for each in parts), 3),
        "locust_cpu_share": round(max(map(_share, parts)), 3),
        "not_sent": sum(each.get("not_sent", 0) for each in parts),
        "broken_visits": sum(each.get("broken_visits", 0) for each in parts),
    }
    told = ("stages", "knee", "broke")
    for each in parts:
        found |= {name: each[name] for name in told if name in each}
    return found


def _share(part: Mapping[str, float]) -> float:
    """Of one core."""
    return part["cpu_s"] / max(1e-3, part["ended"] - part["started"])


def _cpu_s() -> float:
    used = psutil.Process().cpu_times()
    return float(used.user + used.system)
