"""Which traces there are: the newest, or the slowest, which Tempo does not sort out."""

from math import ceil, sqrt

from ..domain.finds import Find, Wish, in_order
from ..domain.windows import Window
from ..ports import Ports

MOST, SHOWN = 200, 50
LONGEST_MS = 2**17
TRIES = 12


async def found(wish: Wish, ports: Ports) -> list[Find]:
    """In order, as many as are shown."""
    window = Window.of(f"now-{wish.since}", ports.now_s)
    finds = await _all(wish, window, ports)
    if wish.which == "slow" and len(finds) == MOST:
        finds = await _slowest(finds, wish, window, ports)
    return in_order(finds, wish)[:SHOWN]


async def _slowest(
    some: list[Find], wish: Wish, window: Window, ports: Ports
) -> list[Find]:
    """All that took longer than some time: enough to show, and no more than a search tells.

    A search that finds more than it tells, tells any of them. So the time is sought beyond
    which it tells all; where many took as long as one another, some of those fill the list.
    """
    below, above, known = max(wish.over_ms, 1), LONGEST_MS, list[Find]()
    for _ in range(TRIES):
        between = ceil(sqrt(below * above))
        if between in {below, above}:
            break
        finds = await _all(wish.over(between), window, ports)
        if len(finds) == MOST:
            below, some = between, finds
        elif len(finds) >= SHOWN:
            return finds
        else:
            above, known = between, finds
    return [*{find.trace: find for find in [*some, *known]}.values()]


async def _all(wish: Wish, window: Window, ports: Ports) -> list[Find]:
    return await ports.tempo.search(wish.query, window, limit=MOST)
