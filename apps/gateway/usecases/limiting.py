"""Who may ask how often: each address, each caller, and whoever shows no good token."""

from dataclasses import dataclass

from apps.kit.auth import Caller, Tokens
from apps.kit.errors import Unauthenticated
from apps.kit.limits import MovingWindow

from .visits import current


@dataclass(frozen=True)
class Limits:
    """The limits that hold whatever is asked for."""

    address: MovingWindow
    """For each address, whoever asks from there."""
    issuing: MovingWindow
    """For each address, to ask for tokens."""
    strangers: MovingWindow
    """For each address, requests that show no good token."""
    clients: MovingWindow
    """For each merchant, whichever of his clients asks."""
    house: MovingWindow
    """For each client that acts for every merchant."""


class LimitedTokens:
    """Counts whoever is known by a good token, and who is not: no route can forget to."""

    def __init__(self, inner: Tokens, limits: Limits) -> None:
        self._inner = inner
        self._limits = limits

    async def caller(self, token: str) -> Caller:
        """Raises Unauthenticated or RateLimited."""
        visit, limits = current.get(None), self._limits
        try:
            caller = await self._inner.caller(token)
        except Unauthenticated:
            if visit:
                visit.counts(limits.strangers, visit.origin)
            raise
        if visit:
            window = limits.clients if caller.merchant_id else limits.house
            visit.counts(window, counted_as(caller))
        return caller


def counted_as(caller: Caller) -> str:
    """A merchant is one, however many clients he has."""
    if caller.merchant_id:
        return f"merchant {caller.merchant_id}"
    return f"client {caller.client_id}"
