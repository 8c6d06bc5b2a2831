"""Calls at a breaker that are begun now and end when a test says so."""

import asyncio
from collections.abc import Generator
from typing import Any

from apps.kit.breaker import Breaker, BreakerOpen
from apps.kit.circuit import Policy

POLICY = Policy(calls=4, open_s=5.0, open_most_s=20.0, probes=3)


class Clock:
    """It stands still until a test has it pass."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


class Theirs(Exception):
    """The other side failed."""


class Ours(Exception):
    """We asked for nonsense: the other side is well."""


class Nobodys(Exception):
    """It says nothing about the other side."""


def counts(fault: Exception) -> bool | None:
    return None if isinstance(fault, Nobodys) else isinstance(fault, Theirs)


class Forever:
    def __await__(self) -> Generator[Any, Any, None]:
        yield


class Call:
    """In flight from when it is made; raises BreakerOpen if it is not let through."""

    def __init__(self, breaker: Breaker) -> None:
        self._running = breaker.call(self._work)
        self._running.send(None)

    async def _work(self) -> None:
        await Forever()

    def ends(self, fault: BaseException | None = None) -> None:
        try:
            if fault is None:
                self._running.send(None)
            else:
                self._running.throw(fault)
        except (StopIteration, Theirs, Ours, Nobodys, asyncio.CancelledError):
            return
        raise AssertionError("it went on")


def passes(breaker: Breaker, fault: BaseException | None = None) -> bool:
    """One call, over at once; whether it was let through."""
    try:
        Call(breaker).ends(fault)
    except BreakerOpen:
        return False
    return True
