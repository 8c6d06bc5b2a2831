"""What one Locust process costs while it offers payments at a rate."""

import asyncio
import json
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .stacks import Stack, console

USERS = 30


@dataclass(frozen=True, slots=True)
class Locust:
    """CPU per request in milliseconds; share of one core of the busiest process."""

    requests: int
    cpu_ms: float
    share: float
    wrong: str = ""
    """Why nothing was measured."""

    @property
    def told(self) -> str:
        if self.wrong:
            return self.wrong
        return f"{self.cpu_ms:.1f} ms per request, {self.share:.0%} of a core"


async def measure(stack: Stack, rate: float, minutes: float) -> Locust:
    """A run of the load tests by one process, without their judgement of it."""
    console.print(f"  Locust, {rate:g}/s for {minutes:g} min …", style="dim")
    asked = ["--instance", stack.name, "--shape", "steady", "--users", str(USERS)]
    asked += ["--minutes", str(minutes), "--rate", str(rate), "--seed", "7"]
    run = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "loadtests", *asked, stdout=DEVNULL, stderr=PIPE
    )
    try:
        _, said = await asyncio.wait_for(run.communicate(), 60 * minutes + 120)
    except BaseException:
        if run.returncode is None:
            run.send_signal(signal.SIGTERM)
            await run.wait()
        raise
    runs = sorted((stack.instance.home / "loads").glob("*/run.json"))
    if not runs:
        last = said.decode(errors="replace").strip().rpartition("\n")[2]
        return Locust(0, 0.0, 0.0, f"did not run: {last[:60] or run.returncode}")
    return read(runs[-1])


def read(file: Path) -> Locust:
    """From the run's own account of itself and its history."""
    told: dict[str, Any] = json.loads(file.read_text())
    requests = sum(
        1
        for history in file.parent.glob("history*.jsonl")
        for _ in history.read_text().splitlines()
    )
    used = float(told.get("locust_cpu_s") or 0.0)
    share = float(told.get("locust_cpu_share") or 0.0)
    return Locust(requests, 1000 * used / max(1, requests), share)
