"""What operators see of the replicas behind the gateway, and do to all of them at once."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from apps.kit.errors import DependencyUnavailable, Forbidden, Problem, Unauthenticated
from apps.kit.ops import UnknownBreaker

from .. import signals
from ..domain.fleet import WITH_BREAKERS, Breaker, Gathered, Labelled, Standing
from ..domain.views import Missing, NotShown, Why
from ..ports import Fleet

Question = Callable[[Standing], Awaitable[Sequence[Breaker]]]

_SAID: Mapping[int, type[Problem]] = {
    401: Unauthenticated,
    403: Forbidden,
    404: UnknownBreaker,
}


async def breakers(bearer: str, fleet: Fleet) -> Gathered:
    """The breakers of every replica; who does not tell is named."""

    async def ask(of: Standing) -> Sequence[Breaker]:
        return await fleet.breakers(of, bearer)

    return await _gathered("breakers", ask, fleet)


async def hold(
    name: str, wish: Mapping[str, Any], bearer: str, fleet: Fleet
) -> Gathered:
    """Have the breaker of that name held, or let go, in every replica.

    Each keeps who wished it in its own audit trail. Raises UnknownBreaker where no
    replica knows it.
    """

    async def ask(of: Standing) -> Sequence[Breaker]:
        return [await fleet.hold(name, wish, of, bearer)]

    return await _gathered("breaker.hold", ask, fleet)


async def _gathered(name: str, ask: Question, fleet: Fleet) -> Gathered:
    """Ask every replica at once; raises a Problem where none told anything."""
    asked = [each for each in fleet.standings() if each.service in WITH_BREAKERS]
    told: dict[Standing, Sequence[Breaker]] = {}
    why: dict[Standing, Why] = {}
    said: list[NotShown] = []

    async def one(of: Standing) -> None:
        try:
            told[of] = await ask(of)
        except Missing as silence:
            why[of] = silence.why
        except NotShown as no:
            why[of] = Why.REFUSED
            said.append(no)

    async with asyncio.TaskGroup() as group:
        for each in asked:
            group.create_task(one(each))
    if not told:
        raise _nobody(said)
    return _shown(name, asked, told, why)


def _shown(
    name: str,
    asked: Sequence[Standing],
    told: Mapping[Standing, Sequence[Breaker]],
    why: Mapping[Standing, Why],
) -> Gathered:
    found = [Labelled(of, each) for of in asked for each in told.get(of, ())]
    silent = {of.replica: why[of] for of in asked if of in why}
    if silent:
        signals.incomplete(name, silent)
    return Gathered(found, silent)


def _nobody(said: Sequence[NotShown]) -> Problem:
    """What all of them said, if they said something."""
    for no in said:
        if no.status in _SAID:
            return _SAID[no.status](no.detail)
    return DependencyUnavailable("No replica answered.")
