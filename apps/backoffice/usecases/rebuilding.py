"""Makes projections anew from the stream, while those that they replace serve.

A generation is filled beside the one that serves, and replaces it once it has all that
the other has. Whoever hears live waits for that instant and goes on with the new one: an
event that was read again and is heard live as well counts once. What a crash leaves
half made is begun anew, under another number.
"""

from collections.abc import Sequence
from contextlib import aclosing
from datetime import timedelta

from apps.kit.errors import NotFound, Problem
from apps.kit.signals import span

from .. import signals
from ..domain.projections import Filling, Projection, Standing, Stretch, would_forget
from ..ports import Generations, Ports
from .projecting import bring


class UnknownProjection(NotFound):
    title = "Unknown projection"


class HistoryGone(Problem):
    status, code = 409, "invalid-state"
    title = "The stream no longer holds all that is shown"


async def ask_rebuild(name: str, ports: Ports) -> Standing:
    """Let a projection be made anew; asked again meanwhile, it is made once."""
    standing = await find(name, ports)
    stream = await ports.stream.extent()
    if would_forget(standing.serving, stream):
        raise HistoryGone("Made anew, it would lack events that have expired.")
    await ports.offsets.ask(standing.projection, stream.last_seq, ports.clock())
    signals.rebuild_asked(standing.projection, stream.last_seq)
    return await find(name, ports)


async def find(name: str, ports: Ports) -> Standing:
    """How far a projection is."""
    for standing in await ports.offsets.standings():
        if standing.projection == name:
            return standing
    raise UnknownProjection("GET /ops/projections lists those that there are.")


async def rebuild_asked(ports: Ports) -> None:
    """Make what was asked for, also what a crash left half made."""
    if not any(each.filling for each in await ports.offsets.standings()):
        return
    async with ports.offsets.alone() as is_ours:
        if is_ours and (filling := await ports.offsets.begin()):
            await _rebuild(filling, ports)
            await tidy(ports)


async def tidy(ports: Ports) -> None:
    """Drop what was replaced, and what a crash left half made."""
    await ports.offsets.sweep()


@span("backoffice.rebuild")
async def _rebuild(filling: Generations, ports: Ports) -> None:
    """Read the stream from its beginning into what is to take the views' place."""
    begun, events, skipped = ports.clock(), 0, 0
    signals.rebuild_started(tuple(filling))
    async with aclosing(ports.stream.replayed()) as stretches:
        async for stretch in stretches:
            if not await _fill(filling, stretch, ports):
                signals.rebuild_abandoned(events)
                return
            events += len(stretch.heard)
            skipped += stretch.skipped
            if not stretch.pending:
                filling = await _swap(filling, ports)
            if not filling:
                break
    signals.rebuild_finished(events, skipped, ports.clock() - begun)


async def _fill(filling: Generations, stretch: Stretch, ports: Ports) -> bool:
    async with ports.projections.transaction():
        is_wanted = await ports.offsets.fill(filling, stretch.heard)
        if is_wanted:
            await bring(filling, stretch.heard, ports.projections)
    return is_wanted


async def _swap(filling: Generations, ports: Ports) -> Generations:
    """Serve what has caught up; the others remain."""
    made = {each.projection: each.filling for each in await ports.offsets.standings()}
    remaining = dict(filling)
    for projection, number in filling.items():
        if await ports.offsets.swap(projection, number):
            del remaining[projection]
            _told(projection, made.get(projection), ports)
    return remaining


def _told(projection: Projection, made: Filling | None, ports: Ports) -> None:
    if made:
        signals.rebuilt(projection, made, ports.clock())


async def watch(ports: Ports) -> None:
    """Measure how far each projection is, and how far behind."""
    await ports.stream.look()
    for standing in await ports.offsets.standings():
        signals.standing(standing, behind(ports))


async def standings(ports: Ports) -> Sequence[Standing]:
    return await ports.offsets.standings()


def behind(ports: Ports) -> timedelta:
    """For how long the oldest event that nobody has heard yet has waited."""
    since = ports.stream.waiting_since
    return max(ports.clock() - since, timedelta()) if since else timedelta()
