"""Offers payments, at a rate or by tills that wait, and judges what comes back.

At a rate (open loop) a payment's time counts from when it was due, so that a server
that stalls is not asked less. Tills (closed loop) order again when they were answered.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import aiohttp

from loadtests.cards import fresh
from loadtests.orders import (
    PAYMENTS,
    below_the_floor,
    order,
    through_the_bank,
)
from loadtests.tokens import bearer

from .figures import at

FLOOR, BANK = "floor limit", "bank"
SHARE_OF_BANK = 0.4
SOURCES = {FLOOR: "floor_limit", BANK: "bank"}
CARDS = [fresh() for _ in range(500)]
WAITING = 600
"""With so many unanswered the next are not sent, and count as errors."""

GIVE_UP_S = 10.0
TURNED_AWAY_S = 1.0
"""A till that was not served waits for so long before it orders again."""


@dataclass
class Offered:
    """What was offered for a while, and what became of it."""

    seconds: float
    rate: float = 0.0
    times: dict[str, list[float]] = field(default_factory=lambda: {FLOOR: [], BANK: []})
    wrong: Counter[str] = field(default_factory=Counter)
    client_s: float = 0.0
    """CPU that this client took."""

    @property
    def paid(self) -> int:
        return sum(map(len, self.times.values()))

    @property
    def errors(self) -> float:
        """Share of what was offered; a right answer that took too long is none."""
        return self.wrong.total() / max(1, self.paid + self.wrong.total())

    def at(self, share: float, *paths: str) -> float:
        """Within so many seconds that share of the payments was answered."""
        return at([t for path in paths or SOURCES for t in self.times[path]], share)


async def offer(url: str, rate: float, seconds: float) -> Offered:
    """Pay so often a second, at random instants, and wait for every answer."""
    offered, chance = Offered(seconds, rate), random.Random(7)
    begun = time.process_time()
    async with _session(url) as http, asyncio.TaskGroup() as group:
        due, ends = time.monotonic(), time.monotonic() + seconds
        under_way: set[asyncio.Task[bool]] = set()
        while due < ends:
            await asyncio.sleep(due - time.monotonic())
            path = _path(chance)
            if len(under_way) >= WAITING:
                offered.wrong["not sent"] += 1
            else:
                task = group.create_task(_pay(http, url, path, due, offered))
                under_way.add(task)
                task.add_done_callback(under_way.discard)
            due += chance.expovariate(rate)
    offered.client_s = time.process_time() - begun
    return offered


async def keep_paying(
    url: str, tills: int, seconds: float, think_s: float = 0.0
) -> Offered:
    """So many tills, each of which thinks, pays and waits for its answer."""
    offered, begun = Offered(seconds), time.process_time()
    ends = time.monotonic() + seconds

    async def till(http: aiohttp.ClientSession, chance: random.Random) -> None:
        while time.monotonic() < ends:
            if think_s:
                await asyncio.sleep(chance.expovariate(1 / think_s))
            if not await _pay(http, url, _path(chance), time.monotonic(), offered):
                await asyncio.sleep(TURNED_AWAY_S)

    async with _session(url) as http, asyncio.TaskGroup() as group:
        for number in range(tills):
            group.create_task(till(http, random.Random(number)))
    offered.client_s = time.process_time() - begun
    return offered


def _path(chance: random.Random) -> str:
    return BANK if chance.random() < SHARE_OF_BANK else FLOOR


@asynccontextmanager
async def _session(url: str) -> AsyncIterator[aiohttp.ClientSession]:
    limits = aiohttp.TCPConnector(limit=0, keepalive_timeout=2.0)
    patience = aiohttp.ClientTimeout(total=GIVE_UP_S)
    async with aiohttp.ClientSession(url, connector=limits, timeout=patience) as http:
        yield http


async def _pay(
    http: aiohttp.ClientSession, url: str, path: str, due: float, offered: Offered
) -> bool:
    """Whether it was paid as it should be."""
    amount = below_the_floor() if path == FLOOR else through_the_bank()
    body = order(random.choice(CARDS), amount)
    headers = {"Idempotency-Key": uuid4().hex, **bearer(url)}
    try:
        async with http.post(PAYMENTS, json=body, headers=headers) as answer:
            payment: Any = await answer.json(content_type=None)
            wrong = _wrong(answer.status, payment, SOURCES[path])
    except (aiohttp.ClientError, TimeoutError) as silence:
        wrong = type(silence).__name__
    if wrong:
        offered.wrong[wrong] += 1
    else:
        offered.times[path].append(time.monotonic() - due)
    return not wrong


def _wrong(status: int, payment: Any, source: str) -> str:
    """A bank that was stood in for was not there: that is an error, too."""
    if status != 201:
        return str(status)
    by = payment["authorisation"]["source"]
    if (payment["status"], by) != ("authorised", source):
        return f"{payment['status']} by {by}"
    return ""
