"""What may lie nowhere: card numbers, verification values, tokens and secrets."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from apps.kit.cards import cards_in, digits_of, plain

_HOLDS = re.compile(r"eyJ|PRIVATE KEY|secret|authorization|cv[vc]", re.I)
"""Cheap, and true of each text that holds one of these."""

_SAYS = r"[\"'\\]*\s*[:=]\s*[\"'\\]*"
SECRETS = {
    "token": re.compile(r"eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}", re.A),
    "client's secret": re.compile(rf"client_?secret{_SAYS}[^\s\"'\\&•*]{{8,}}", re.I),
    "credentials": re.compile(
        rf"authorization{_SAYS}(?:bearer|basic)\s+[^\s\"'\\•*]{{8,}}", re.I
    ),
    "verification value": re.compile(rf"\bcv[vc]2?{_SAYS}[0-9]{{3,4}}\b", re.I),
    "private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
}
_IDS = re.compile(r"""("span_id\\?": ?\\?"|\b00-[0-9a-f]{32}-)[0-9]{16}\b""")
"""One span id in 1,800 is all digits, and one in 23,000 passes for a card number."""

SHOWN = 6
"""So much of a secret is told, to find it by."""


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    place: str
    where: str
    what: str
    shown: str
    """Masked."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Something that a place holds: one line, one trace, some rows."""

    where: str
    text: str


def found_in(place: str, piece: Piece) -> Iterator[Finding]:
    folded = _IDS.sub(r"\1", plain(piece.text))
    for first, end in cards_in(folded):
        last4 = digits_of(folded[first:end])[-4:]
        yield Finding(place, piece.where, "card number", f"•••• {last4}")
    if not _HOLDS.search(piece.text):
        return
    for what, pattern in SECRETS.items():
        for found in pattern.finditer(piece.text):
            yield Finding(place, piece.where, what, f"{found[0][:SHOWN]}…")
