"""Look at what no hearer could take, and have it heard again."""

from collections.abc import Sequence

from apps.kit.dlq import DeadLetter
from apps.kit.errors import NotFound, Problem
from apps.kit.signals import span

from .. import signals
from ..ports import Ports, Unheard


class UnknownLetter(NotFound):
    title = "No such dead letter"


class NotReplayed(Problem):
    status, code = 409, "invalid-state"
    title = "The letter stays"
    retry_after_s = 1


async def letters(limit: int, ports: Ports) -> Sequence[DeadLetter]:
    """The oldest dead letters of all services."""
    return await ports.letters.oldest(limit)


async def find(letter_id: int, ports: Ports) -> DeadLetter:
    letter = await ports.letters.one(letter_id)
    if letter is None:
        raise UnknownLetter("It was replayed, has expired, or never was.")
    return letter


@span("backoffice.replay_letter")
async def replay(letter_id: int, ports: Ports) -> DeadLetter:
    """Send the event to its hearer again; once there, the letter is gone."""
    letter = await find(letter_id, ports)
    try:
        await ports.letters.replay(letter)
    except Unheard as why:
        raise NotReplayed(str(why)) from why
    signals.replayed(letter.id, letter.consumer, letter.event_id)
    return letter
