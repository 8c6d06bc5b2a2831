"""One round: every invariant is looked at, and each look ends in a verdict."""

from collections.abc import AsyncIterator, Sequence

import asyncpg

from apps.kit.database import AWAY

from .books import Books
from .findings import Finding, Invariant, NotLookedAt, Unreadable, Verdict
from .streams import UNHEARD


async def look(books: Books, invariants: Sequence[Invariant]) -> AsyncIterator[Verdict]:
    """One after the other: they share the connections."""
    for invariant in invariants:
        yield await _look(books, invariant)


async def _look(books: Books, invariant: Invariant) -> Verdict:
    try:
        finding: Finding = await invariant.look(books)
    except NotLookedAt as reason:
        return Verdict(invariant, skipped=str(reason))
    except (*AWAY, *UNHEARD, asyncpg.PostgresError, Unreadable) as fault:
        return Verdict(invariant, away=f"{type(fault).__name__}: {fault}")
    return Verdict(invariant, finding)
