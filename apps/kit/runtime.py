"""What a process costs, what its interpreter does meanwhile, and how much it wrote.

Names are the semantic conventions' (`process.*`, `cpython.gc.*`). All of it is told every
five seconds, from one read of /proc, from what the collector of garbage called us for, and
from a count of lines: a board draws their rate without reading them.
"""

import gc
import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from apps.kit.jobs import Every
from apps.kit.signals import Counter, Gauge, Histogram
from apps.kit.writing import way

EVERY_S = 5.0

GENERATION = "cpython.gc.generation"
CPU = Counter(
    "process.cpu.time",
    unit="s",
    about="CPU that this process has used, by whether the system used it for us.",
    by=("cpu.mode",),
)
MEMORY = Gauge(
    "process.memory.usage",
    unit="By",
    about="Physical memory that this process has.",
)
THREADS = Gauge(
    "process.thread.count",
    unit="{thread}",
    about="Threads of this process.",
)
FILES = Gauge(
    "process.unix.file_descriptor.count",
    unit="{file_descriptor}",
    about="Files and sockets that this process has open.",
)
COLLECTIONS = Counter(
    "cpython.gc.collections",
    unit="{collection}",
    about="Searches for garbage in cycles, by generation.",
    by=(GENERATION,),
)
COLLECTED = Counter(
    "cpython.gc.collected_objects",
    unit="{object}",
    about="Objects that were found to be garbage, by generation.",
    by=(GENERATION,),
)
PAUSE = Histogram(
    "cpython.gc.pause",
    unit="s",
    about="How long a search for garbage stopped everything else.",
    bounds=(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1),
)

RECORDS = Counter(
    "log.records",
    unit="{record}",
    about="Log lines that this process wrote, by level.",
    by=("log.level",),
)

STAT = Path("/proc/self/stat")
OPEN = Path("/proc/self/fd")
USER, SYSTEM, THREAD, RESIDENT = 11, 12, 17, 21
"""Fields of proc_pid_stat(5), counted from behind the program's name."""


@dataclass(frozen=True, slots=True)
class Use:
    """What the system says of us; None where it does not say."""

    user_s: float
    system_s: float
    threads: int
    memory: int | None = None
    files: int | None = None


def used() -> Use:
    """As it is now; only Linux tells memory and files without a library."""
    if not STAT.exists():
        times = os.times()
        return Use(times.user, times.system, threading.active_count())
    told = STAT.read_text().rpartition(")")[2].split()
    tick, page = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")
    return Use(
        int(told[USER]) / tick,
        int(told[SYSTEM]) / tick,
        int(told[THREAD]),
        int(told[RESIDENT]) * page,
        sum(1 for _ in OPEN.iterdir()),
    )


class Collections:
    """Hears of each search for garbage; tells of none there and then.

    A search may begin inside the SDK, with its locks held: who tells a figure meanwhile
    waits for himself.
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._begun = 0.0
        self._heard: list[tuple[int, float, int]] = []

    def __call__(self, phase: str, told: Mapping[str, int]) -> None:
        """What `gc.callbacks` asks for."""
        if phase == "start":
            self._begun = self._clock()
        else:
            took = self._clock() - self._begun
            self._heard.append((told["generation"], took, told["collected"]))

    def tell(self) -> None:
        """All that was heard since the last time."""
        heard, self._heard = self._heard, []
        for generation, took, collected in heard:
            facts = {GENERATION: generation}
            COLLECTIONS.add(facts)
            COLLECTED.add(facts, collected)
            PAUSE.record(took, {})


class Runtime:
    """Measures this process for as long as it serves."""

    def __init__(self, use: Callable[[], Use] = used) -> None:
        self._use = use
        self._collections = Collections()
        self._told = Use(0.0, 0.0, 0)
        self._written = dict.fromkeys(way.written, 0)
        self._measuring = Every("runtime.measure", EVERY_S, self.measure, at_once=True)

    async def start(self) -> None:
        gc.callbacks.append(self._collections)
        await self._measuring.start()

    async def stop(self) -> None:
        await self._measuring.stop()
        gc.callbacks.remove(self._collections)

    async def is_ready(self) -> bool:
        """Nobody's answer waits for it."""
        return True

    async def measure(self) -> None:
        """Tell what was used since the last time, and what is held now."""
        now, before = self._use(), self._told
        self._told = now
        CPU.add({"cpu.mode": "user"}, now.user_s - before.user_s)
        CPU.add({"cpu.mode": "system"}, now.system_s - before.system_s)
        THREADS.set(now.threads, {})
        for gauge, value in ((MEMORY, now.memory), (FILES, now.files)):
            if value is not None:
                gauge.set(value, {})
        self._collections.tell()
        self._tell_lines()

    def _tell_lines(self) -> None:
        """A level that nobody used is told as 0: the first line at it is a rise, too."""
        now, before = dict(way.written), self._written
        self._written = now
        for level, lines in now.items():
            RECORDS.add({"log.level": level}, lines - before[level])
