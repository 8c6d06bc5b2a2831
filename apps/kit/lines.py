"""A line to NATS: whoever needs one works while it is away."""

import asyncio
from typing import Protocol, cast

from nats.aio.client import Client


class Line(Protocol):
    """A connection to NATS, while it stands; the broker is one."""

    @property
    def connection(self) -> Client | None: ...


class OwnLine:
    """The line of a service that has no broker; it starts, and works, without NATS."""

    def __init__(self, service: str, url: str) -> None:
        self._service = service
        self._url = url
        self._client = Client()
        self._connecting: asyncio.Task[None] | None = None

    async def start(self) -> None:
        connecting = self._client.connect(
            self._url,
            name=self._service,
            max_reconnect_attempts=-1,
            reconnect_time_wait=cast("int", 0.5),
            ping_interval=5,
            pending_size=0,
            error_cb=_quiet,
        )
        self._connecting = asyncio.create_task(connecting)
        await asyncio.sleep(0)  # a client that has not begun cannot be closed

    async def stop(self) -> None:
        if self._connecting:
            self._connecting.cancel()
            await asyncio.gather(self._connecting, return_exceptions=True)
        await self._client.close()

    async def is_ready(self) -> bool:
        return True  # the last known stay

    @property
    def connection(self) -> Client | None:
        return self._client if self._client.is_connected else None


async def _quiet(_fault: Exception) -> None:
    """Reconnecting is the client's everyday work."""
