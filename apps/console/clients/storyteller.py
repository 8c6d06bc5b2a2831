"""A payment's story, put together by `apps.story` from what gateway, Tempo and Loki know."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Any, TypeVar

from apps.story.asking import Unanswered
from apps.story.backends import Backends, Loki, Prometheus, Tempo
from apps.story.gathering import story_of
from apps.story.sources import Sources

from ..domain.silence import Silent
from ..domain.told import Told
from .gateway import Gateway

T = TypeVar("T")

HANDS = 8
"""Questions of all stories that are under way at the same time."""

TELLERS = 4
PATIENCE_S = 5.0


class Storyteller:
    """Asks in threads, for what puts stories together waits where it asks."""

    def __init__(self, gateway: Gateway, loki_url: str, tempo_url: str) -> None:
        self._gateway = gateway
        nowhere = Prometheus("")
        self._backends = Backends(Tempo(tempo_url), Loki(loki_url), nowhere)
        self._hands: Executor = ThreadPoolExecutor(HANDS)
        self._tellers: Executor = ThreadPoolExecutor(TELLERS)

    async def tell(self, id_: str) -> Told:
        """The story as it is known by now; of one that goes on, ask again."""
        loop = asyncio.get_running_loop()
        teller = _Asked(self._gateway, loop)
        return await loop.run_in_executor(self._tellers, self._tell, id_, teller)

    def _tell(self, id_: str, asked: "_Asked") -> Told:
        sources = Sources(asked, self._backends, is_patient=False)
        story = story_of(sources, self._hands, id_.strip().lower())
        return Told(story, tuple(sources.missing), asked.view)

    async def start(self) -> None:
        """It connects when it is first asked."""

    async def stop(self) -> None:
        for backend in (self._backends.tempo, self._backends.loki):
            backend.http.close()

    async def is_ready(self) -> bool:
        return True


class _Asked:
    """The gateway for who waits in a thread: one question has payment and events."""

    def __init__(self, gateway: Gateway, loop: asyncio.AbstractEventLoop) -> None:
        self._gateway = gateway
        self._loop = loop
        self.view: dict[str, Any] = {}

    def payment(self, id_: str, /) -> dict[str, Any] | None:
        found = self._wait(self._gateway.view(id_))
        self.view = found or {}
        payment: dict[str, Any] | None = self.view.get("payment")
        return payment

    def events(self, id_: str, /) -> dict[str, Any]:
        question = self._gateway.events(id_)
        found = self._wait(question)
        return found or {"events": []}

    def _wait(self, question: Coroutine[Any, Any, T]) -> T:
        try:
            asked = asyncio.run_coroutine_threadsafe(question, self._loop)
            return asked.result(PATIENCE_S)
        except (Silent, TimeoutError) as silence:
            raise Unanswered(str(silence)) from silence
