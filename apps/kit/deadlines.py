"""How long the caller still waits: heard once, subtracted at each hop, sent on.

The header is relative (`Request-Timeout-Ms`), for clocks differ between machines; here
it becomes an instant of the monotonic clock that every wait of the request is cut at.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token

from apps.kit.signals import Counter

HEADER = "Request-Timeout-Ms"

LONGEST_MS = 60_000
"""No caller is waited for longer, in milliseconds: what asks for more gets this."""

HOP_S = 0.2
"""Most that is kept back at each hop, in seconds, for the answer's way home; a tenth of
what is left, where that is less."""

EXCEEDED = Counter(
    "deadline.exceeded",
    unit="{call}",
    about="Calls cut, or never begun, because our own caller's time was up.",
    by=("peer.service",),
)

Deadline = tuple[float, bool]
"""When it is, and whether it is our caller's: else it is a budget of our own."""

_ends: ContextVar[Deadline | None] = ContextVar("deadline", default=None)


def begin(ms: int, *, is_callers: bool = True) -> Token[Deadline | None]:
    """From now on there are so many milliseconds; never more than there were."""
    ends = time.monotonic() + min(ms, LONGEST_MS) / 1000
    before = _ends.get()
    if before is not None and before[0] <= ends:
        return _ends.set(before)
    return _ends.set((ends, is_callers))


@contextmanager
def begun(header: str | None) -> Iterator[None]:
    """Around a request: what its header says holds inside; nonsense says nothing."""
    if header is None or not header.isascii() or not header.isdigit():
        yield
        return
    token = begin(int(header[:9]))
    try:
        yield
    finally:
        _ends.reset(token)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Around a part of the work that has less time than the whole."""
    token = begin(int(seconds * 1000), is_callers=False)
    try:
        yield
    finally:
        _ends.reset(token)


@contextmanager
def unbound() -> Iterator[None]:
    """Around what must be done whether or not the caller still waits."""
    token = _ends.set(None)
    try:
        yield
    finally:
        _ends.reset(token)


def left_s() -> float | None:
    """Seconds until the caller gives up, never below 0; None if he never does."""
    ends = _ends.get()
    return None if ends is None else max(0.0, ends[0] - time.monotonic())


def spare_s() -> float | None:
    """Of that, what others may take: less the answer's way home."""
    left = left_s()
    return None if left is None else left - min(HOP_S, left / 10)


def cut(timeout_s: float) -> float:
    """This timeout, or what is left if that is less."""
    left = left_s()
    return timeout_s if left is None else min(timeout_s, left)


def onward() -> dict[str, str]:
    """The header for the next hop: what is left, less the way home. Empty without."""
    spare = spare_s()
    return {} if spare is None else {HEADER: str(max(1, int(1000 * spare)))}


def exceeded(peer: str) -> None:
    """A call to that service was cut short by a deadline; counted if our caller's."""
    ends = _ends.get()
    if ends is not None and ends[1]:
        EXCEEDED.add({"peer.service": peer})
