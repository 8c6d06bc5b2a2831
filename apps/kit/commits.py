"""What may be told of a transaction only once it is kept."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from functools import partial


class _Calls(list[Callable[[], object]]):
    is_over = False
    """A task begun inside may outlive the transaction, and still know its calls."""


_waiting: ContextVar[_Calls | None] = ContextVar("waiting", default=None)


def on_commit(call: Callable[[], object]) -> None:
    """Call when the transaction that we are in is kept, under the span of this moment.

    Outside of one it is called at once; where nothing is kept it is never called.
    """
    calls = _waiting.get()
    if calls is None or calls.is_over:
        call()
    else:
        calls.append(partial(copy_context().run, call))


@contextmanager
def waiting(tell_fault: Callable[[Exception], object]) -> Iterator[None]:
    """Around a transaction: what waits for it is called behind it, unless it failed.

    What is kept is kept: a call that fails is told, and takes nothing from the others.
    """
    calls = _Calls()
    token = _waiting.set(calls)
    try:
        yield
    finally:
        _waiting.reset(token)
        calls.is_over = True
    for call in calls:
        try:
            call()
        except Exception as fault:  # noqa: BLE001  (told, and the others go on)
            tell_fault(fault)
