"""Work that is done again and again beside a service's other work."""

import asyncio
from collections.abc import Awaitable, Callable

from apps.kit.signals import Facts, tell


class Every:
    """A part that does its work at each interval; a failure is told, and tried again."""

    def __init__(
        self,
        seconds: float,
        work: Callable[[], Awaitable[object]],
        *,
        at_once: bool = False,
    ) -> None:
        self._seconds = seconds
        self._work = work
        self._at_once = at_once
        self._task: asyncio.Task[None] | None = None
        self._is_stopping = False

    async def start(self) -> None:
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
            try:
                await self._work()
            except Exception as fault:  # noqa: BLE001  (told, and tried again)
                facts: Facts = {"error.type": type(fault).__qualname__}
                tell("job.failed", facts, level="warning", fault=fault)
            if self._is_stopping:  # a cancellation may drown in nats-py's request
                return
            await asyncio.sleep(self._seconds)
