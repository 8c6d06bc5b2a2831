"""What a service says of itself when it is probed, and how it leaves.

`/livez`: the event loop turns. `/startupz`: every part has started. `/readyz`: it can do
its work with what is its own, is not shedding and not leaving. What others are able to do
is theirs to say: a service that is down takes no other with it.
"""

import asyncio
import time
from collections.abc import Callable

from fastapi import APIRouter, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from apps.kit.parts import Parts
from apps.kit.shedding import Shedder
from apps.kit.signals import Facts, Histogram, tell

LAG = Histogram(
    "loop.lag",
    unit="s",
    about="How much later than asked for the event loop woke a sleeper.",
    bounds=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
)

SLEPT_S = 0.5
STUCK_S = 1.0
"""An event loop that is so late, in seconds, does not turn."""

LEAVES_FOR_S = 0.5
"""Between the word that it leaves and the last connection that it accepts: whoever was
about to ask has heard of it."""

DRAIN_S = 10.0
"""Requests that began have so long to end; then they are cut off."""


class Pulse:
    """Sleeps, measures how late it is woken, and does what is to be done so often."""

    def __init__(
        self,
        watch: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._watch = watch
        self._clock = clock
        self._due = clock() + SLEPT_S
        self._lag = 0.0
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._due = self._clock() + SLEPT_S
        self._task = asyncio.create_task(self._beat())

    async def stop(self) -> None:
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    @property
    def lag_s(self) -> float:
        """As last measured, or as late as the sleeper is by now."""
        return max(self._lag, self._clock() - self._due)

    def wake(self) -> None:
        """The sleeper was woken now."""
        self._lag = max(0.0, self._clock() - self._due)
        LAG.record(self._lag, {})
        self._due = self._clock() + SLEPT_S

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(max(0.0, self._due - self._clock()))
            self.wake()
            self._watch()


class Flights:
    """An ASGI middleware that knows what is under way, and lets it end."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._tasks: set[asyncio.Task[object]] = set()
        self._is_leaving = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        task = asyncio.current_task()
        if scope["type"] != "http" or task is None:
            return await self._app(scope, receive, send)
        self._tasks.add(task)
        try:
            how = _closing(send) if self._is_leaving else send
            return await self._app(scope, receive, how)
        finally:
            self._tasks.discard(task)

    def leave(self) -> None:
        """From now on each answer closes its connection: its client comes no more."""
        self._is_leaving = True

    async def drain(self, within_s: float = DRAIN_S) -> None:
        """Return when nothing is under way; what takes too long is cut off."""
        ends = time.monotonic() + within_s
        while self._tasks and time.monotonic() < ends:
            left = max(0.01, ends - time.monotonic())
            await asyncio.wait(self._tasks, timeout=left)
        if self._tasks:
            facts: Facts = {"requests.cut": len(self._tasks)}
            tell("service.undrained", facts, level="warning")
        for task in self._tasks:
            task.cancel()


class Health:
    """The answers to the probes."""

    def __init__(self, parts: Parts, shedder: Shedder) -> None:
        self.parts = parts
        self.shedder = shedder
        self.pulse = Pulse(shedder.watch)
        self.is_leaving = False

    @property
    def is_alive(self) -> bool:
        return self.pulse.lag_s < STUCK_S

    async def is_ready(self) -> bool:
        if self.is_leaving or self.shedder.is_shedding:
            return False
        return await self.parts.are_ready()


def probes(health: Health) -> APIRouter:
    """The three routes; they are in no document and on no span."""
    router = APIRouter(include_in_schema=False)

    @router.get("/livez")
    async def livez() -> Response:
        return _probe(well=health.is_alive)

    @router.get("/startupz")
    async def startupz() -> Response:
        return _probe(well=health.parts.have_started)

    @router.get("/readyz")
    async def readyz() -> Response:
        return _probe(well=await health.is_ready())

    return router


def _probe(*, well: bool) -> Response:
    return Response("ok\n" if well else "not yet\n", 200 if well else 503)


def _closing(send: Send) -> Send:
    async def closing(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], (b"connection", b"close")]
        await send(message)

    return closing
