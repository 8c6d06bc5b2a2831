"""Brings projections up to date with what was heard, in whichever order it came."""

from collections.abc import Mapping, Sequence

from apps.kit.crashing import crash_point

from .. import signals
from ..domain.changes import Change, Flag, Heard, Payout, latest
from ..domain.projections import Projection
from ..domain.sums import balances, tallies
from ..domain.views import brought_up_to_date
from ..ports import Generations, Ports, Projections

SUMS = (Projection.MERCHANT_DAY, Projection.BALANCE_VIEW)
"""They count twice what comes twice, unless it is remembered."""


async def project(heard: Sequence[Heard], ports: Ports) -> None:
    """Show what events say; all projections show all of it, or none does any."""
    async with ports.projections.transaction():
        serving = await ports.offsets.advance(heard)
        await bring(serving, heard, ports.projections)


def tell(heard: Heard) -> None:
    """What an event says is shown now."""
    match heard.says:
        case Change() as change:
            signals.projected(change)
        case Flag() as flag:
            signals.flagged(flag)
        case Payout() as payout:
            signals.paid_out(payout)


async def bring(
    generations: Generations, heard: Sequence[Heard], store: Projections
) -> None:
    """Bring these generations up to date, in the caller's transaction."""
    changes = [each.says for each in heard if isinstance(each.says, Change)]
    flags = [each.says for each in heard if isinstance(each.says, Flag)]
    if changes:
        if number := generations.get(Projection.PAYMENT_VIEW):
            known = await store.views(number, {each.payment_id for each in changes})
            await store.keep_views(number, brought_up_to_date(known, changes))
        crash_point("backoffice.mid_projection")
    if moved := [each.says for each in heard if isinstance(each.says, Change | Payout)]:
        await _add(generations, moved, store)
    if flags and (number := generations.get(Projection.CARD_FLAG)):
        await store.keep_flags(number, latest(flags))


async def _add(
    generations: Generations, said: Sequence[Change | Payout], store: Projections
) -> None:
    """Add to the sums each event that they do not hold."""
    numbers: Mapping[Projection, int] = {
        name: number for name, number in generations.items() if name in SUMS
    }
    once = {each.event_id: each for each in said}
    if not numbers:
        return
    first = await store.first_heard(numbers.values(), once)
    for name, number in numbers.items():
        fresh = [each for key, each in once.items() if (number, key) in first]
        changes = [each for each in fresh if isinstance(each, Change)]
        if name is Projection.MERCHANT_DAY and (days := tallies(changes)):
            await store.add_days(number, days)
        if name is Projection.BALANCE_VIEW and (moved := balances(fresh)):
            await store.add_balances(number, moved)
