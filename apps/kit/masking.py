"""The second lock on the card number: text that still holds one is masked."""

import re

from apps.kit.values import luhn

_CANDIDATE = re.compile(
    r"(?<![0-9A-Za-z])"  # never inside an id or a longer number
    r"[2-6](?:[ -]?[0-9]){12,18}"
    r"(?![0-9A-Za-z])"
)
_ISSUERS = re.compile(r"4|5[0-9]|2[2-7]|6[0-9]|3[0-9]")


def masked(text: str) -> str:
    """Replace each card number in the text by its last four digits."""
    return _CANDIDATE.sub(_mask, text) if len(text) >= 13 else text


def _mask(found: re.Match[str]) -> str:
    digits = re.sub(r"[ -]", "", found[0])
    is_card = len(digits) <= 19 and luhn(digits) and _ISSUERS.match(digits)
    return f"•••• {digits[-4:]}" if is_card else found[0]
