"""Did all of it arrive? The client's count beside what each backend has of the run.

Counts alone can deceive: others may have paid in the same minutes. So some of the run's
own orders are looked up besides: each trace must be whole, and have its line.
"""

import time

from .counting import Arrived, counts
from .keeping import Keeping
from .lookedup import looked_up
from .reading import Run
from .sources import Sources

PATIENCE_S = 15.0
EVERY_S = 1.5


def arrived(sources: Sources, run: Run, keeping: Keeping) -> list[Arrived]:
    """Counts once they are complete, or when patience ends; they come late by seconds."""
    deadline = time.monotonic() + PATIENCE_S + keeping.later_s
    found = list(counts(sources, run, keeping))
    while any(map(_is_short, found)) and time.monotonic() + EVERY_S < deadline:
        time.sleep(EVERY_S)
        found = list(counts(sources, run, keeping))
    some = list(looked_up(sources, run, keeping))
    if any(map(_is_short, some)):  # a trace grows while it is looked at
        time.sleep(EVERY_S)
        some = list(looked_up(sources, run, keeping))
    return found + some


def _is_short(count: Arrived) -> bool:
    return count.share is not None and count.share < 1


def measured(found: list[Arrived]) -> float | None:
    """The worst of what could be counted."""
    shares = [each.share for each in found if each.share is not None]
    return min(shares, default=None)
