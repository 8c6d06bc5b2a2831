"""How a benchmark's command ends: done, in trouble, or interrupted."""

import signal
from collections.abc import Callable

from native.commands import complain
from native.trouble import Trouble

INTERRUPTED = 130


def ended(work: Callable[[], int]) -> int:
    """Its exit code; 1 in trouble, 130 where somebody wanted it to end.

    Whoever ends us orderly, by Ctrl-C or not, has everything taken away first.
    """
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, signal.default_int_handler)
    try:
        return work()
    except Trouble as trouble:
        complain(trouble)
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
