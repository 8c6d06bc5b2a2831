"""Where card numbers stand in a text, in the ways that people and programs write them."""

import re
import unicodedata

from apps.kit.values import luhn

Place = tuple[int, int]
"""Where something begins, and where it has ended."""

DIGITS = range(13, 20)
"""How many a card number has."""

_ISSUERS = re.compile(
    r"4(\d{12}|\d{15}|\d{18})|5\d{15}|2[2-7]\d{14}|6\d{15,18}|3\d{13,15}"
)
"""Lengths go with prefixes: a 13-digit timestamp that begins with 2 is no card."""

_UUID = re.compile(r"\b[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\b")
_UUID_LENGTH = 36

_BY = r"[ \0-]?"
"""What may stand anywhere between the digits; \\0 is what has no width."""

_BETWEEN = r"%[0-9A-Fa-f]{2}|[^0-9A-Za-z]{1,3}"
"""What may stand between groups that are as long as on a card, each time the same."""

_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"
_WIDTHLESS = re.compile(
    r"[\xad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]"
)
_OTHERS = "".join(map(chr, range(0x80, 0x20000)))
"""Where digits are, and whatever else looks like part of a number."""

_FOLDED = str.maketrans(
    {digit: str(unicodedata.decimal(digit)) for digit in re.findall(r"\d", _OTHERS)}
    | dict.fromkeys(re.findall(r"[^\S\x85\u2028\u2029]", _OTHERS), " ")
    | dict.fromkeys(_DASHES, "-")
    | dict.fromkeys(_WIDTHLESS.findall(_OTHERS), "\0")
)

_POSSIBLE = re.compile(
    rf"[2-6](?<![0-9A-Za-z].)(?:(?:{_BY}[0-9]){{12}}|[0-9]{{3}}(?:{_BETWEEN})[0-9]{{3,6}}(?:{_BETWEEN})[0-9]{{3}})"
)
_RUN = re.compile(rf"[0-9](?:{_BY}[0-9]){{12,}}")
"""Digits as people write a card number, and whatever digits stand beside it."""

_FOURS = rf"[2-6][0-9]{{3}}({_BETWEEN})[0-9]{{4}}\1[0-9]{{4}}\1[0-9]{{4}}"
_GROUPED = [
    re.compile(rf"(?<![0-9A-Za-z]){groups}(?![0-9A-Za-z])")
    for groups in (
        _FOURS,
        rf"{_FOURS}\1[0-9]{{1,3}}",
        rf"3[0-9]{{3}}({_BETWEEN})[0-9]{{6}}\1[0-9]{{4,5}}",
        rf"4[0-9]{{3}}({_BETWEEN})[0-9]{{3}}\1[0-9]{{3}}\1[0-9]{{3}}",
    )
]
"""As they are printed."""

_FIRST = re.compile(r"(?<![0-9A-Za-z])[2-6]")
_LAST = re.compile(r"[0-9](?![0-9A-Za-z])")
_WORDS = re.compile(r"[0-9]+(?:[^0-9A-Za-z]+[0-9]+)*")
"""Digits, and more digits behind whatever is no letter."""


def plain(text: str) -> str:
    """As long as the text: digits, spaces and dashes of all scripts are those of ASCII."""
    return text if text.isascii() else text.translate(_FOLDED)


def may_hold(text: str) -> bool:
    """Cheap, and true of some texts that hold none."""
    return len(text) >= DIGITS[0] and _POSSIBLE.search(text) is not None


def cards_in(text: str) -> list[Place]:
    """Every card there may be in a text that is plain, but none inside an id.

    Other digits may stand beside it ("…0007 12/30"), so every length is tried at every
    place where a group of digits begins: a bounded number of times for each of them,
    for strangers choose what we look through. Those that overlap are told as one.
    """
    if not may_hold(text):
        return []
    found = [card for run in _RUN.finditer(text) for card in _in_run(run)]
    for groups in _GROUPED:
        printed = groups.finditer(text)
        found += [each.span() for each in printed if is_card(digits_of(each[0]))]
    merged: list[Place] = []
    for first, end in sorted(found):
        if merged and first < merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((first, end))
    return merged


def digits_of(text: str) -> str:
    """What a card's place in a plain text holds, without what stands between."""
    return re.sub(r"%[0-9A-Fa-f]{2}|[^0-9]", "", text)


def holds_card(text: str) -> bool:
    """Tell whether digits in it could be a card number, whatever stands between them.

    Stricter than `cards_in`, which must leave ids and times alone: this is for words that
    callers choose, and that are kept.
    """
    folded = plain(text)
    if cards_in(folded):
        return True
    words = _WORDS.findall(_UUID.sub("-", folded.replace("\0", "")))
    return any(_makes_card(re.findall(r"[0-9]+", word)) for word in words)


def _makes_card(groups: list[str]) -> bool:
    """Some of these, one behind the other."""
    for first in range(len(groups)):
        digits = ""
        for group in groups[first:]:
            digits += group
            if len(digits) > DIGITS[-1]:
                break
            if is_card(digits):
                return True
    return False


def is_card(digits: str) -> bool:
    return bool(_ISSUERS.fullmatch(digits)) and luhn(digits)


def _in_run(run: re.Match[str]) -> list[Place]:
    """None may keep another from being found: a phone number and the first group of the
    card behind it pass every test by chance.
    """
    text, start, end = run.string, *run.span()
    firsts = [found.start() for found in _FIRST.finditer(text, start, end)]
    if not firsts:
        return []
    lasts = {found.start() for found in _LAST.finditer(text, start, end + 1)}
    places = [at for at in range(start, end) if text[at].isdigit()]
    digits = "".join(text[at] for at in places)
    numbered = {at: number for number, at in enumerate(places)}
    cards: list[Place] = []
    for many in DIGITS:
        for first in firsts:
            begun = numbered[first]
            card = slice(begun, begun + many)
            if card.stop > len(places) or (last := places[card.stop - 1]) not in lasts:
                continue
            if is_card(digits[card]) and not _is_in_uuid(text, first, last + 1):
                cards.append((first, last + 1))
    return cards


def _is_in_uuid(text: str, start: int, end: int) -> bool:
    """The last groups of a UUID may be digits alone, and pass every test by chance."""
    near = _UUID.finditer(text, max(0, start - _UUID_LENGTH), end + _UUID_LENGTH)
    return any(uuid.start() <= start and end <= uuid.end() for uuid in near)
