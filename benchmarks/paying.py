"""Offers payments at a rate, answered or not, and judges what comes back.

Open loop: a payment's time counts from when it was due, so that a server that stalls
is not asked less.
"""

import asyncio
import random
import time
from collections import Counter
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

FLOOR, BANK = "floor limit", "bank"
SHARE_OF_BANK = 0.4
SOURCES = {FLOOR: "floor_limit", BANK: "bank"}
CARDS = [fresh() for _ in range(500)]
WAITING = 600
"""With so many unanswered the next are not sent, and count as errors."""

GIVE_UP_S = 10.0


@dataclass
class Offered:
    """What was offered for a while, and what became of it."""

    rate: float
    seconds: float
    times: dict[str, list[float]] = field(default_factory=lambda: {FLOOR: [], BANK: []})
    wrong: Counter[str] = field(default_factory=Counter)

    @property
    def paid(self) -> int:
        return sum(map(len, self.times.values()))

    @property
    def errors(self) -> float:
        """Share of what was offered; a right answer that took too long is none."""
        return self.wrong.total() / max(1, self.paid + self.wrong.total())

    def at(self, share: float, *paths: str) -> float:
        """Within so many seconds that share of the payments was answered."""
        times = sorted(t for path in paths or SOURCES for t in self.times[path])
        return times[min(len(times) - 1, int(share * len(times)))] if times else 0.0


async def offer(url: str, rate: float, seconds: float) -> Offered:
    """Pay so often a second, at random instants, and wait for every answer."""
    offered = Offered(rate, seconds)
    chance = random.Random(7)
    headers = bearer(url)
    limits = aiohttp.TCPConnector(limit=0, keepalive_timeout=2.0)
    patience = aiohttp.ClientTimeout(total=GIVE_UP_S)
    async with (
        aiohttp.ClientSession(
            url, headers=headers, connector=limits, timeout=patience
        ) as http,
        asyncio.TaskGroup() as group,
    ):
        due, ends, under_way = time.monotonic(), time.monotonic() + seconds, set()
        while due < ends:
            await asyncio.sleep(due - time.monotonic())
            path = BANK if chance.random() < SHARE_OF_BANK else FLOOR
            if len(under_way) >= WAITING:
                offered.wrong["not sent"] += 1
            else:
                task = group.create_task(_pay(http, path, due, offered))
                under_way.add(task)
                task.add_done_callback(under_way.discard)
            due += chance.expovariate(rate)
    return offered


async def _pay(
    http: aiohttp.ClientSession, path: str, due: float, offered: Offered
) -> None:
    amount = below_the_floor() if path == FLOOR else through_the_bank()
    body = order(random.choice(CARDS), amount)
    headers = {"Idempotency-Key": uuid4().hex}
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


def _wrong(status: int, payment: Any, source: str) -> str:
    """A bank that was stood in for was not there: that is an error, too."""
    if status != 201:
        return str(status)
    by = payment["authorisation"]["source"]
    if (payment["status"], by) != ("authorised", source):
        return f"{payment['status']} by {by}"
    return ""
