"""The second lock on the card number: text that still holds one is masked."""

import re

from apps.kit.values import luhn

_CANDIDATE = re.compile(
    r"(?<![0-9A-Za-z])"  # never inside an id or a longer number
    r"[2-6](?:[ -]?[0-9]){12,18}"
    r"(?![0-9A-Za-z])"
)
_ISSUERS = re.compile(
    r"4(\d{12}|\d{15}|\d{18})|5\d{15}|2[2-7]\d{14}|6\d{15,18}|3\d{13,15}"
)
"""Lengths go with prefixes: a 13-digit timestamp that begins with 2 is no card."""


def masked(text: str) -> str:
    """Replace each card number in the text by its last four digits."""
    return _CANDIDATE.sub(_mask, text) if len(text) >= 13 else text


def _mask(found: re.Match[str]) -> str:
    digits = re.sub(r"[ -]", "", found[0])
    is_card = _ISSUERS.fullmatch(digits) and luhn(digits)
    return f"•••• {digits[-4:]}" if is_card else found[0]
