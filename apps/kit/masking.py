"""The second lock on the card number: text that still holds one is masked."""

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from apps.kit.cards import cards_in, digits_of, holds_card, may_hold, plain

_CUTTABLE = "0123456789 -\0"
"""Without what stands between groups otherwise: see `_BETWEEN` in kit/cards.py."""


def masked(text: str) -> str:
    """Replace each card number in the text by its last four digits."""
    folded = plain(text)
    if not may_hold(folded):
        return text
    told, at = "", 0
    for first, end in cards_in(folded):
        told += f"{text[at:first]}•••• {digits_of(folded[first:end])[-4:]}"
        at = end
    return told + text[at:] if at else text


def bounded(text: str, most: int) -> str:
    """Mask so many characters at most; the digits that were cut apart are left out."""
    if len(text) <= most:
        return masked(text)
    kept = text[:most]
    return masked(kept[: len(plain(kept).rstrip(_CUTTABLE))]) + "…"


def bounded_end(text: str, most: int) -> str:
    """Do as `bounded` does where the end says more than the beginning."""
    if len(text) <= most:
        return masked(text)
    kept = text[-most:]
    return "…" + masked(kept[len(kept) - len(plain(kept).lstrip(_CUTTABLE)) :])


def _cardless(text: str) -> str:
    if holds_card(text):
        raise PydanticCustomError("card_number", "No card number belongs here.")
    return text


CARDLESS = AfterValidator(_cardless)
"""Last in the `Annotated` of a word that a caller chooses and that is kept."""
