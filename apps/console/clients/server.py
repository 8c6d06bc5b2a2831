"""A server that is asked in JSON: its answer, or a sentence that says why there is none."""

import time
from typing import Any

import httpx

from apps.kit.sockets import Sockets

from ..domain.silence import Silent
from ..signals import Answered, asked


class Server:
    """One of those who keep telemetry: asked by its public API, over kept connections."""

    def __init__(
        self,
        name: str,
        url: str,
        patience_s: float,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.name = name
        self.url = url
        limits = httpx.Limits(max_connections=16, keepalive_expiry=4.0)
        self._http = httpx.AsyncClient(
            base_url=url,
            timeout=patience_s,
            trust_env=False,
            transport=transport or Sockets(limits, are_ours=True),
        )

    async def start(self) -> None:
        """It connects when it is first asked."""

    async def stop(self) -> None:
        await self._http.aclose()

    async def is_ready(self) -> bool:
        """Who is away is shown as away; the page lives."""
        return True

    async def json(self, path: str, **asks: str | float) -> Any:
        """The answer; Silent where there is none, or it is a refusal."""
        return self._read(await self._ask("GET", path, params=asks))

    async def form(self, path: str, **said: str | float) -> Any:
        """What it says to a form that is sent; Silent as above."""
        return self._read(await self._ask("POST", path, data=said))

    async def is_there(self, path: str) -> bool:
        """Whether it answers at all."""
        try:
            await self._ask("GET", path)
        except Silent:
            return False
        return True

    def _read(self, answer: httpx.Response) -> Any:
        try:
            return answer.json()
        except ValueError:
            raise Silent(self.name, "what it says is no JSON") from None

    async def _ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        begun = time.perf_counter()
        try:
            answer = await self._http.request(method, path, **more)
        except httpx.HTTPError as silence:
            asked(self.name, Answered.SILENT, time.perf_counter() - begun)
            raise Silent(self.name, why(silence)) from None
        took = time.perf_counter() - begun
        if answer.is_error:
            asked(self.name, Answered.REFUSED, took)
            said = answer.text.strip()[:200]
            raise Silent(self.name, f"it said {answer.status_code}: {said}")
        asked(self.name, Answered.YES, took)
        return answer


def why(silence: httpx.HTTPError) -> str:
    """As one would say it."""
    match silence:
        case httpx.ConnectError():
            return "nobody listens there"
        case httpx.TimeoutException():
            return "it took too long"
    return type(silence).__name__
