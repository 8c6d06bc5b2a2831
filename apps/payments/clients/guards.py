"""What stands between us and a service that may fail, from outside to inside: the
deadline, the bulkhead, the retries, the breaker, and the timeout of each attempt.

The fallback is outside of all: the use case's.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

import httpx

from apps.kit import deadlines
from apps.kit.breaker import Breaker
from apps.kit.bulkheads import Bulkhead
from apps.kit.circuit import Policy, Source
from apps.kit.credentials import IssuerAway
from apps.kit.retries import Again, Patience, Retries, Tried

from ..ports import BankRefuses

Send = Callable[[], Awaitable[httpx.Response]]
Elapsed = Callable[[], float]

SURELY_UNHEARD = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)

HAIR_S = 0.005
"""A timer may fire so much early; ours are so much late, for the transport's own, which
tells its span, comes first."""


@dataclass
class Asked(Tried):
    """One question, however often it was put."""

    may_be_heard: bool = False
    """An attempt was cut off before its answer: it may be acted on all the same."""


@dataclass(frozen=True)
class Guard:
    """The policies of one service."""

    bulkhead: Bulkhead
    breaker: Breaker
    retries: Retries
    patience: Patience
    attempt_s: float
    """One attempt, the token that it shows included."""

    async def ask(
        self, send: Send, asked: Asked, *, may_probe: bool = True
    ) -> httpx.Response:
        """Ask what may be asked again, as often as that makes sense.

        Whoever somebody waits for finds out for nobody whether the other side is back.
        """
        attempt = partial(self._attempt, send, asked, may_probe=may_probe)
        async with self.bulkhead.place():
            return await self.retries.run(attempt, asked)

    async def once(self, send: Send, *, may_probe: bool = True) -> httpx.Response:
        """Ask what is asked again by others, later."""
        work = partial(self._in_time, send)
        return await self.breaker.call(work, may_probe=may_probe)

    def is_out_of_time(self) -> bool:
        """There is no time for another attempt."""
        left = deadlines.left_s()
        return left is not None and left < self.patience.least_s

    async def _attempt(
        self, send: Send, asked: Asked, *, may_probe: bool
    ) -> httpx.Response:
        try:
            return await self.once(send, may_probe=may_probe)
        except IssuerAway:
            raise  # nothing was sent
        except httpx.HTTPError as fault:
            if isinstance(fault, httpx.TransportError):
                asked.may_be_heard |= not isinstance(fault, SURELY_UNHEARD)
            raise Again(_retry_after_s(fault)) from fault

    async def _in_time(self, send: Send) -> httpx.Response:
        try:
            async with asyncio.timeout(self.attempt_s + HAIR_S):
                return await send()
        except TimeoutError as late:
            raise httpx.ReadTimeout("no answer in time") from late


async def watch(*guards: Guard) -> None:
    """Tell the gauges how they stand."""
    for guard in guards:
        guard.breaker.watch()
        guard.bulkhead.watch()


def bank_guard(
    policy: Policy,
    places: int,
    patience: Patience,
    attempt_s: float,
    clock: Elapsed = time.monotonic,
) -> Guard:
    """The bank's: nine tenths of its places taken open its breaker too."""
    bulkhead = Bulkhead("bank", places)
    full = Source("bulkhead", lambda: (bulkhead.in_use - 1) / places)  # but for us
    breaker = Breaker("bank", policy, counts=_is_theirs, source=full, clock=clock)
    retries = Retries("bank", patience)
    return Guard(bulkhead, breaker, retries, patience, attempt_s)


def fraud_guard(
    policy: Policy,
    places: int,
    attempt_s: float,
    clock: Elapsed = time.monotonic,
) -> Guard:
    """Fraud's: it is asked once, for there is no time to ask again."""
    once = Patience(attempts=1)
    breaker = Breaker("fraud", policy, counts=_is_theirs, clock=clock)
    bulkhead, retries = Bulkhead("fraud", places), Retries("fraud", once)
    return Guard(bulkhead, breaker, retries, once, attempt_s)


def _is_theirs(fault: Exception) -> bool | None:
    """Whether they failed us; None if it says nothing about them.

    Who has too little time, or no token, learns nothing about the other side.
    """
    if isinstance(fault, BankRefuses):
        return False
    left = deadlines.left_s()
    is_cut = left is not None and left < HAIR_S
    if is_cut and isinstance(fault, httpx.TimeoutException | TimeoutError):
        return None
    return None if isinstance(fault, IssuerAway) else True


def _retry_after_s(fault: httpx.HTTPError) -> float | None:
    if not isinstance(fault, httpx.HTTPStatusError):
        return None
    said = fault.response.headers.get("retry-after", "")
    return float(said) if said.isascii() and said.isdigit() else None
