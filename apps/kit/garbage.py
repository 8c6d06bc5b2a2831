"""The search for garbage in cycles, as a process wants it that serves for days."""

import gc
from typing import Final

YOUNG: Final = 10_000
"""So many new objects are looked through at once; Python's own 700 are looked through
while the requests that made them are still under way, and kept for a longer search."""


def spare_what_is_there() -> None:
    """Whatever was made so far stays as long as the process: over a hundred thousand
    objects, which stopped everything for a tenth of a second when they were searched."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, 10, 10)
