"""What `make bench-up` measured, beside what was promised, and on which machine."""

import os
import platform
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import psutil
from rich.table import Table

MIB = 1024**2

UP_WITHIN_S = 30.0
MEMORY_WITHIN_MIB = 1536.0
FRESH_WITHIN_S = 1.0
SLOWEST_WITHIN_S, COUNTED_WITHIN_S = 2.0, 10.0
"""The slowest trace and lines; the slowest figure, told every 5 s and looked at then."""


def machine() -> str:
    """The machine as a reader would compare it with his own."""
    told = Path("/proc/cpuinfo")
    names = (
        re.findall(r"model name\s*:\s*(.+)", told.read_text()) if told.exists() else []
    )
    model = names[0].strip() if names else platform.processor() or platform.machine()
    cores = os.cpu_count()
    ram = psutil.virtual_memory().total / 1024**3
    system = f"{platform.system()} {platform.release().split('-')[0]}"
    python = platform.python_version()
    return f"{model}, {cores} cores, {ram:.0f} GiB RAM, {system}, Python {python}"


@dataclass(frozen=True, slots=True)
class Memory:
    """Resident memory of one process and its children, in MiB.

    `pss` counts what processes share once, `rss` once for each of them.
    """

    process: str
    pss: float
    rss: float


@dataclass(frozen=True, slots=True)
class Figures:
    """One run, all times in seconds."""

    up: float
    memory: list[Memory]
    trace: list[float]
    lines: list[float]
    metric: list[float]
    machine: str = field(default_factory=machine)
    taken: str = field(default_factory=lambda: f"{datetime.now(UTC):%Y-%m-%d}")

    @property
    def pss(self) -> float:
        return sum(each.pss for each in self.memory)

    @property
    def rss(self) -> float:
        return sum(each.rss for each in self.memory)

    def promises(self) -> list[tuple[str, str, str, bool]]:
        """What was measured, how much it was, what was promised, whether it holds."""
        trace, lines = median(self.trace), median(self.lines)
        fresh = f"≤ {FRESH_WITHIN_S:g} s"
        return [
            ("warm `make up` to ready", f"{self.up:.1f} s",
             f"≤ {UP_WITHIN_S:g} s", self.up <= UP_WITHIN_S),
            ("memory at rest (PSS)", f"{self.pss:.0f} MiB",
             f"≤ {MEMORY_WITHIN_MIB:g} MiB", self.pss <= MEMORY_WITHIN_MIB),
            ("answer to trace readable, median", f"{trace:.2f} s",
             fresh, trace <= FRESH_WITHIN_S),
            ("answer to log lines readable, median", f"{lines:.2f} s",
             fresh, lines <= FRESH_WITHIN_S),
            *self._slowest(),
        ]  # fmt: skip

    def _slowest(self) -> Iterator[tuple[str, str, str, bool]]:
        for name, seconds, within in (
            ("trace readable", self.trace, SLOWEST_WITHIN_S),
            ("log lines readable", self.lines, SLOWEST_WITHIN_S),
            ("decision counted in Prometheus", self.metric, COUNTED_WITHIN_S),
        ):
            worst = max(seconds)
            about = f"answer to {name}, slowest of {len(seconds)}"
            yield about, f"{worst:.2f} s", f"≤ {within:g} s", worst <= within

    @property
    def hold(self) -> bool:
        return all(kept for *_, kept in self.promises())

    def spread(self) -> str:
        return "; ".join(
            f"{name} {min(seconds):.2f} to {max(seconds):.2f} s"
            for name, seconds in (
                ("trace", self.trace),
                ("lines", self.lines),
                ("metric", self.metric),
            )
        )

    def data(self) -> dict[str, Any]:
        return {**asdict(self), "pss": self.pss, "rss": self.rss, "hold": self.hold}

    def tables(self) -> Iterator[Table]:
        """For the terminal."""
        promises = Table("figure", "measured", "promised", "", title=self.machine)
        for name, measured, promised, kept in self.promises():
            mark = "[green]✓ holds" if kept else "[bold red]✗ missed"
            promises.add_row(name.replace("`", ""), measured, promised, mark)
        yield promises
        memory = Table("process", "PSS MiB", "RSS MiB", title="Memory at rest")
        for each in sorted(self.memory, key=lambda each: -each.pss):
            memory.add_row(each.process, f"{each.pss:.0f}", f"{each.rss:.0f}")
        yield memory

    def markdown(self) -> str:
        """For docs/performance.md."""
        count = len(self.trace)
        return "\n".join(
            [
                f"Measured {self.taken} on {self.machine}; {count} payments.",
                "",
                "| figure | measured | promised |",
                "|---|---|---|",
                *(f"| {name} | {measured} | {promised} |"
                  for name, measured, promised, _ in self.promises()),
                "",
                "PSS counts pages that processes share once, RSS once for each of them.",
                "A trace is readable when Tempo gives it by id with spans of all services",
                "and no orphan, lines when Loki has one of each service by TraceID.",
                f"From the answer on: {self.spread()}.",
                "",
                "| process | PSS MiB | RSS MiB |",
                "|---|---|---|",
                *(f"| {each.process} | {each.pss:.0f} | {each.rss:.0f} |"
                  for each in sorted(self.memory, key=lambda each: -each.pss)),
                "",
            ]
        )  # fmt: skip
