"""What waits for a durable consumer, taken in batches, each message as it comes.

The client library's own pull hands over nothing until it is full or its time is over.
Here one request to the server stays open, and a batch is what has come so far.
"""

import asyncio
import json
from collections import deque
from collections.abc import Sequence
from contextlib import suppress

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from apps.kit.sending import UNREACHABLE

ASKED_FOR_S = 5.0
"""So long the server keeps a request open. A server that fell lost it: after this, at
the latest, it is made again."""

GRACE_S = 1.0
"""The server's word that a request is over may take this long."""

REFUSED_S = 0.25
"""Before the next request, where the consumer is gone or the server away."""

LEFT_WITHIN_S = 1.0

EXPIRED = "408"


class Pull:
    """One hearer's way to what its durable consumer has for it."""

    def __init__(
        self, client: Client, stream: str, durable: str, size: int, linger_s: float
    ) -> None:
        self._client = client
        self._next = f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{durable}"
        self._size = size
        self._linger_s = linger_s
        self._inbox = client.new_inbox()
        self._come: deque[Msg] = deque()
        self._changed = asyncio.Event()
        self._enough = 1
        self._requests = 0
        self._open = 0
        """How many messages the open request may still bring."""
        self._open_until = 0.0
        self._is_closed = False
        self._subscription: Subscription | None = None

    async def start(self) -> None:
        subject = f"{self._inbox}.*"
        self._subscription = await self._client.subscribe(subject, cb=self._take)

    async def batch(self) -> Sequence[Msg]:
        """What waits, at least one; none once it is closed."""
        await self._until(1)
        if len(self._come) < self._size > 1 and not self._is_closed:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._linger_s):
                    await self._until(self._size)
        if self._is_closed:
            return ()
        return [self._come.popleft() for _ in range(min(self._size, len(self._come)))]

    async def hold(self) -> None:
        """What has come and waits for its turn is not to come again meanwhile."""
        for message in tuple(self._come):
            await message.in_progress()

    def close(self) -> None:
        """No batch begins after this."""
        self._is_closed = True
        self._changed.set()

    def renew(self) -> None:
        """The server may have forgotten what it was asked: ask it anew."""
        self._open = 0
        self._changed.set()

    async def give_back(self) -> None:
        """What was not begun is another's at once; needs the server, else it waits."""
        with suppress(*UNREACHABLE, TimeoutError):
            async with asyncio.timeout(LEFT_WITHIN_S):
                if self._subscription and self._client.is_connected:
                    await self._subscription.drain()  # type: ignore[no-untyped-call]
        with suppress(*UNREACHABLE):
            while self._come:
                await self._come.popleft().nak()

    async def _until(self, count: int) -> None:
        """Wait for so many, and keep a request open meanwhile."""
        clock = asyncio.get_running_loop().time
        self._enough = count
        while len(self._come) < count and not self._is_closed:
            self._changed.clear()
            if self._open <= 0 or clock() >= self._open_until:
                await self._ask()
            with suppress(TimeoutError):
                async with asyncio.timeout_at(self._open_until):
                    await self._changed.wait()

    async def _ask(self) -> None:
        self._requests += 1
        self._open = self._size - len(self._come)
        self._open_until = asyncio.get_running_loop().time() + ASKED_FOR_S + GRACE_S
        asked = {"batch": self._open, "expires": int(ASKED_FOR_S * 1e9)}
        reply = f"{self._inbox}.{self._requests}"
        try:
            await self._client.publish(self._next, json.dumps(asked).encode(), reply)
        except UNREACHABLE:
            self._refuse()

    async def _take(self, message: Msg) -> None:
        """A message, or the server's word on a request of ours."""
        if message.reply:
            self._open -= 1
            self._come.append(message)
        elif message.subject == f"{self._inbox}.{self._requests}":
            self._end((message.headers or {}).get("Status"))
        if len(self._come) >= self._enough or self._open <= 0:
            self._changed.set()

    def _end(self, status: str | None) -> None:
        if status == EXPIRED:
            self._open = 0
        else:
            self._refuse()

    def _refuse(self) -> None:
        """Not at once again: whoever is away stays so for a while."""
        self._open_until = asyncio.get_running_loop().time() + REFUSED_S
        self._changed.set()
