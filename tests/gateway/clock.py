"""A clock that is never waited for: it jumps to whatever comes next."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class _Jumping(selectors.SelectSelector):
    now = 0.0

    def select(self, timeout=None):
        ready = super().select(0)
        if not ready:
            assert timeout is not None, "nothing will ever happen"
            self.now += timeout
        return ready


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._jumping = _Jumping()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.now


def timed(work: Coroutine[Any, Any, T]) -> tuple[T, float]:
    """What comes of the work, and after how many seconds by that clock."""
    with asyncio.Runner(loop_factory=_Loop) as runner:
        return runner.run(work), runner.get_loop().time()
