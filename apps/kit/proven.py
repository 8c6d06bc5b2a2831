"""Tokens whose signature was good: it stays so, and each comes with many requests."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from joserfc.jwk import RSAKey

REMEMBERED = 1024
"""So many of them; nobody gets in here without a good signature."""


@dataclass(frozen=True, slots=True)
class Proven:
    """What a token says, proven by that key: no longer than the key is the issuer's.

    What time does to its claims is judged each time.
    """

    kid: str
    key: RSAKey
    claims: Mapping[str, Any]


_proven: dict[str, Proven] = {}


def known(token: str) -> Proven | None:
    return _proven.get(token)


def remember(token: str, proven: Proven) -> None:
    """The oldest is forgotten for it."""
    if len(_proven) >= REMEMBERED:
        del _proven[next(iter(_proven))]
    _proven[token] = proven
