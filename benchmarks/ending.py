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
    endings = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(each, signal.default_int_handler) for each in endings]
    try:
        return work()
    except Trouble as trouble:
        complain(trouble)
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    finally:
        for each, handler in zip(endings, before, strict=True):
            signal.signal(each, handler)
