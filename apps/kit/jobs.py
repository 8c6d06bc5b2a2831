"""Work that is done again and again beside a service's other work."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from apps.kit.signals import Counter, Facts, Gauge, tell

RUNS = Counter(
    "jobs.runs",
    unit="{run}",
    about="Runs of the work done again and again, by what came of it.",
    by=("job.name", "job.outcome"),
)
LAST_SUCCESS = Gauge(
    "jobs.last_success",
    unit="s",
    about="When a job last did its work, or else was set to it, in seconds since 1970.",
    by=("job.name",),
)
"""An instant, for an age would freeze with its job: `time() - jobs_last_success_seconds`
goes on growing, whether the job fails or hangs."""


class Every:
    """A part that does its work at each interval; a failure is told, and tried again."""

    def __init__(
        self,
        name: str,
        seconds: float,
        work: Callable[[], Awaitable[object]],
        *,
        at_once: bool = False,
    ) -> None:
        self._name = name
        self._seconds = seconds
        self._work = work
        self._at_once = at_once
        self._task: asyncio.Task[None] | None = None
        self._is_stopping = False

    async def start(self) -> None:
        LAST_SUCCESS.set(time.time(), {"job.name": self._name})
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        self._is_stopping = True
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def is_ready(self) -> bool:
        """Requests are answered whether or not it is done in time."""
        return True

    async def _run(self) -> None:
        if not self._at_once:
            await asyncio.sleep(self._seconds)
        while True:
            await self._once()
            if self._is_stopping:  # a cancellation may drown in nats-py's request
                return
            await asyncio.sleep(self._seconds)

    async def _once(self) -> None:
        facts: Facts = {"job.name": self._name}
        try:
            await self._work()
        except Exception as fault:  # noqa: BLE001  (told, and tried again)
            failure = {"job.outcome": "failed", "error.type": type(fault).__qualname__}
            told: Facts = {**facts, **failure}
            tell("job.failed", told, count=RUNS, level="warning", fault=fault)
        else:
            RUNS.add({**facts, "job.outcome": "done"})
            LAST_SUCCESS.set(time.time(), facts)
