"""What goes along with a trace: whose journey it is part of, which merchant it is about.

W3C Baggage, of which two keys are let in. Everything in it reaches each service, each
span and each line behind, so the rest is dropped where it arrives. A journey is what the
caller says it is; the merchant is named by us, from a token or a payment, and by nobody
outside.
"""

import re
from collections.abc import Mapping
from contextvars import ContextVar, Token
from functools import lru_cache
from types import TracebackType

from apps.kit.cards import holds_card

HEADER = "baggage"

JOURNEY = "payscope.journey"
MERCHANT = "merchant.id"
"""Their names on spans and log lines; in the header they are `journey` and `merchant`."""

PROBE = "probe"
"""The journey that no customer makes: what it adds to counters can be told from theirs."""

LIMIT = 512
"""Longest header that is read, in characters."""

KNOWN = 1024
"""So many headers are read once; few are there, and they come again."""

_MEMBER = re.compile(
    r"(?:^|,)[ \t]*(?:"
    r"journey[ \t]*=[ \t]*(?P<journey>[a-z-]{1,32})"
    r"|merchant[ \t]*=[ \t]*(?P<merchant>[A-Za-z0-9_-]{1,32})"
    r")[ \t]*(?=[,;]|$)"
)
"""A journey is words of letters: no number gets through, and no text that says something.
A merchant is what the gateway's registry lets one be called."""


class Along:
    """What goes along, as spans and lines tell it, and as the next hop hears it."""

    __slots__ = ("facts", "header", "onward")

    def __init__(self, journey: str | None, merchant: str | None) -> None:
        found = {JOURNEY: journey, MERCHANT: merchant}
        said = {"journey": journey, "merchant": merchant}
        self.facts: Mapping[str, str] = {k: v for k, v in found.items() if v}
        self.header = ",".join(f"{k}={v}" for k, v in said.items() if v) or None
        self.onward: Mapping[str, str] = {HEADER: self.header} if self.header else {}


_NOTHING = Along(None, None)

_along: ContextVar[Along] = ContextVar("baggage", default=_NOTHING)


class carried:  # noqa: N801  (used as a function; a generator takes twice as long)
    """Around what is done for a request or a message: what its header says holds inside."""

    __slots__ = ("_header", "_token")

    def __init__(self, header: str | None) -> None:
        self._header = header

    def __enter__(self) -> Mapping[str, str]:
        along = _of(self._header)
        self._token: Token[Along] = _along.set(along)
        return along.facts

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        stack: TracebackType | None,
    ) -> None:
        _along.reset(self._token)


def name(merchant: str) -> None:
    """From here on it is about this merchant, until what is carried ends."""
    now = _along.get()
    if now.facts.get(MERCHANT) != merchant:
        _along.set(_made(now.facts.get(JOURNEY), merchant))


def of_stranger(header: str | None) -> str | None:
    """What is believed of whoever comes from outside: his journey, and no merchant."""
    journey = _of(header).facts.get(JOURNEY)
    return f"journey={journey}" if journey else None


def facts() -> Mapping[str, str]:
    """As spans and lines tell it; empty without."""
    return _along.get().facts


def is_probe() -> bool:
    """What is done now is done for a probe."""
    return _along.get().facts.get(JOURNEY) == PROBE


def kept() -> str | None:
    """The header as it is kept with an event, and goes to the next hop."""
    return _along.get().header


def onward() -> Mapping[str, str]:
    """The header for the next hop; empty without."""
    return _along.get().onward


def _of(header: str | None) -> Along:
    return _read(header) if header and len(header) <= LIMIT else _NOTHING


@lru_cache(maxsize=KNOWN)
def _read(header: str) -> Along:
    """Of a key that comes twice, the first is meant."""
    found: dict[str, str] = {}
    for member in _MEMBER.finditer(header):
        for key, value in member.groupdict().items():
            if value:
                found.setdefault(key, value)
    return _made(found.get("journey"), found.get("merchant"))


@lru_cache(maxsize=KNOWN)
def _made(journey: str | None, merchant: str | None) -> Along:
    """One for each pair; a name that could hide a card number is none."""
    sound = None if merchant and holds_card(merchant) else merchant
    return Along(journey, sound) if journey or sound else _NOTHING
