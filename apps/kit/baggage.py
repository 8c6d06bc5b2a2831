"""What goes along with a trace: whose journey a request is part of, and nothing else.

W3C Baggage, of which one key is let in. Everything in it would reach each service, each
span and each line behind, so the rest is dropped where it arrives.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

HEADER = "baggage"

JOURNEY = "payscope.journey"
"""Its name on spans and log lines; in the header it is `journey`."""

LIMIT = 512
"""Longest header that is read, in characters."""

_MEMBER = re.compile(r"(?:^|,)[ \t]*journey[ \t]*=[ \t]*([a-z-]{1,32})[ \t]*(?=[,;]|$)")
"""Words of letters: no number gets through, and no text that says something."""

_NOTHING: Mapping[str, str] = {}

_facts: ContextVar[Mapping[str, str]] = ContextVar("baggage", default=_NOTHING)


@contextmanager
def carried(header: str | None) -> Iterator[Mapping[str, str]]:
    """Around what is done for a request or a message: what its header says holds inside."""
    token = _facts.set(_read(header) if header else _NOTHING)
    try:
        yield _facts.get()
    finally:
        _facts.reset(token)


def facts() -> Mapping[str, str]:
    """As spans and lines tell it; empty without."""
    return _facts.get()


def kept() -> str | None:
    """The header as it is kept with an event, and goes to the next hop."""
    journey = _facts.get().get(JOURNEY)
    return f"journey={journey}" if journey else None


def onward() -> dict[str, str]:
    """The header for the next hop; empty without."""
    told = kept()
    return {HEADER: told} if told else {}


def _read(header: str) -> Mapping[str, str]:
    found = _MEMBER.search(header) if len(header) <= LIMIT else None
    return {JOURNEY: found[1]} if found else _NOTHING
