"""The second lock on the card number: text that still holds one is masked."""

import re

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from apps.kit.values import luhn

_UUID = re.compile(r"\b[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\b")
_POSSIBLE = re.compile(r"[2-6](?:[ -]?[0-9]){12}")
_CANDIDATES = [
    # Longest first, and never inside an id or a longer number.
    re.compile(rf"(?<![0-9A-Za-z])[2-6](?:[ -]?[0-9]){{{more}}}(?![0-9A-Za-z])")
    for more in range(18, 11, -1)
]
_ISSUERS = re.compile(
    r"4(\d{12}|\d{15}|\d{18})|5\d{15}|2[2-7]\d{14}|6\d{15,18}|3\d{13,15}"
)
"""Lengths go with prefixes: a 13-digit timestamp that begins with 2 is no card."""

_GROUPS = re.compile(r"[0-9]+(?:[^0-9A-Za-z]+[0-9]+)*")
"""Digits, and more digits behind whatever is no letter."""


def masked(text: str) -> str:
    """Replace each card number in the text by its last four digits.

    Other digits may stand beside it ("…0007 12/30"), so every length is tried at every
    place.
    """
    if len(text) < 13 or not _POSSIBLE.search(text):
        return text
    for candidate in _CANDIDATES:
        at = 0
        while found := candidate.search(text, at):
            if not _is_in_uuid(found):
                text = text[: found.start()] + _mask(found) + text[found.end() :]
            at = found.start() + 1
    return text


def _is_in_uuid(found: re.Match[str]) -> bool:
    """The last groups of a UUID may be digits alone, and pass every test by chance."""
    start, end = found.span()
    uuids = _UUID.finditer(found.string)
    return any(uuid.start() <= start and end <= uuid.end() for uuid in uuids)


def _mask(found: re.Match[str]) -> str:
    digits = re.sub(r"[ -]", "", found[0])
    return f"•••• {digits[-4:]}" if _is_card(digits) else found[0]


def holds_card(text: str) -> bool:
    """Tell whether digits in it could be a card number, whatever stands between them.

    Stricter than `masked`, which must leave ids and times alone: this is for words that
    callers choose, and that are kept.
    """
    for found in _GROUPS.finditer(_UUID.sub("-", text)):
        groups = re.findall(r"[0-9]+", found[0])
        for first in range(len(groups)):
            for last in range(first, len(groups)):
                if _is_card("".join(groups[first : last + 1])):
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
