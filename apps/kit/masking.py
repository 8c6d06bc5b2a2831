"""The second lock on the card number: text that still holds one is masked."""

import re

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from apps.kit.values import luhn

_UUID = re.compile(r"\b[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\b")
_UUID_LENGTH = 36
_POSSIBLE = re.compile(r"[2-6](?:[ -]?[0-9]){12}")
_RUN = re.compile(r"[0-9](?:[ -]?[0-9]){12,}")
"""Digits as people write a card number, and whatever digits stand beside it."""

_CUTTABLE = "0123456789 -"
_FIRST = re.compile(r"(?<![0-9A-Za-z])[2-6]")
_LAST = re.compile(r"[0-9](?![0-9A-Za-z])")
_DIGITS = range(13, 20)
"""How many a card number has."""

_ISSUERS = re.compile(
    r"4(\d{12}|\d{15}|\d{18})|5\d{15}|2[2-7]\d{14}|6\d{15,18}|3\d{13,15}"
)
"""Lengths go with prefixes: a 13-digit timestamp that begins with 2 is no card."""

_GROUPS = re.compile(r"[0-9]+(?:[^0-9A-Za-z]+[0-9]+)*")
"""Digits, and more digits behind whatever is no letter."""


def masked(text: str) -> str:
    """Replace each card number in the text by its last four digits.

    Other digits may stand beside it ("…0007 12/30"), so every length is tried at every
    place where a group of digits begins: a bounded number of times for each of them,
    for strangers choose what we mask.
    """
    if len(text) < _DIGITS[0] or not _POSSIBLE.search(text):
        return text
    return _RUN.sub(_masked_run, text)


def bounded(text: str, most: int) -> str:
    """Mask so many characters at most; the digits that were cut apart are left out."""
    if len(text) <= most:
        return masked(text)
    return masked(text[:most].rstrip(_CUTTABLE)) + "…"


def bounded_end(text: str, most: int) -> str:
    """Do as `bounded` does where the end says more than the beginning."""
    if len(text) <= most:
        return masked(text)
    return "…" + masked(text[-most:].lstrip(_CUTTABLE))


def _masked_run(run: re.Match[str]) -> str:
    """Every card there may be, but none inside an id.

    None may keep another from being masked: a phone number and the first group of the
    card behind it pass every test by chance.
    """
    text, start, end = run.string, *run.span()
    firsts = [found.start() for found in _FIRST.finditer(text, start, end)]
    if not firsts:
        return run[0]
    lasts = {found.start() for found in _LAST.finditer(text, start, end + 1)}
    places = [at for at in range(start, end) if text[at].isdigit()]
    digits = "".join(text[at] for at in places)
    numbered = {at: number for number, at in enumerate(places)}
    cards: list[tuple[int, int]] = []
    for many in _DIGITS:
        for first in firsts:
            begun = numbered[first]
            card = slice(begun, begun + many)
            if card.stop > len(places) or (last := places[card.stop - 1]) not in lasts:
                continue
            if _is_card(digits[card]) and not _is_in_uuid(text, first, last + 1):
                cards.append((first, last + 1))
    return _rewritten(run, cards)


def _rewritten(run: re.Match[str], cards: list[tuple[int, int]]) -> str:
    """Cards that overlap are told as one, by the last four digits of them all."""
    spans: list[tuple[int, int]] = []
    for first, end in sorted(cards):
        if spans and first < spans[-1][1]:
            spans[-1] = spans[-1][0], max(end, spans[-1][1])
        else:
            spans.append((first, end))
    told, at = "", run.start()
    for first, end in spans:
        last4 = re.sub(r"[ -]", "", run.string[first:end])[-4:]
        told += f"{run.string[at:first]}•••• {last4}"
        at = end
    return told + run.string[at : run.end()]


def _is_in_uuid(text: str, start: int, end: int) -> bool:
    """The last groups of a UUID may be digits alone, and pass every test by chance."""
    near = _UUID.finditer(text, max(0, start - _UUID_LENGTH), end + _UUID_LENGTH)
    return any(uuid.start() <= start and end <= uuid.end() for uuid in near)


def holds_card(text: str) -> bool:
    """Tell whether digits in it could be a card number, whatever stands between them.

    Stricter than `masked`, which must leave ids and times alone: this is for words that
    callers choose, and that are kept.
    """
    for found in _GROUPS.finditer(_UUID.sub("-", text)):
        groups = re.findall(r"[0-9]+", found[0])
        for first in range(len(groups)):
            for last in range(first, len(groups)):
                digits = "".join(groups[first : last + 1])
                if len(digits) > _DIGITS[-1]:
                    break
                if _is_card(digits):
                    return True
    return False


def _cardless(text: str) -> str:
    if holds_card(text):
        raise PydanticCustomError("card_number", "No card number belongs here.")
    return text


CARDLESS = AfterValidator(_cardless)
"""Last in the `Annotated` of a word that a caller chooses and that is kept."""


def _is_card(digits: str) -> bool:
    return bool(_ISSUERS.fullmatch(digits)) and luhn(digits)
