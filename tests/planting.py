"""Card numbers to plant: of every issuer, in the twelve ways that they get into texts."""

import secrets
from collections.abc import Callable
from urllib.parse import quote

from tests.stack.cards import check_digit

ISSUERS = {
    "visa": ("4111", 16),
    "visa of old": ("4222", 13),
    "visa, long": ("4", 19),
    "mastercard": ("5204", 16),
    "mastercard, 2": ("2223", 16),
    "maestro": ("6304", 16),
    "maestro, long": ("6799", 19),
    "discover": ("6011", 16),
    "unionpay": ("6200", 17),
    "jcb": ("3530", 16),
    "diners": ("3056", 14),
    "amex": ("3782", 15),
}
"""How a number begins, and how many digits it has."""

GROUPS = {13: (4, 3, 3, 3), 14: (4, 6, 4), 15: (4, 6, 5), 16: (4,) * 4}

ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
WIDE = str.maketrans("0123456789", "０１２３４５６７８９")


def number(issuer: str) -> str:
    """One that nobody has."""
    begins, length = ISSUERS[issuer]
    chance = (secrets.choice("0123456789") for _ in range(length - 1 - len(begins)))
    body = begins + "".join(chance)
    return body + check_digit(body)


def grouped(number: str, by: str) -> str:
    """As it is printed on its card."""
    lengths = GROUPS.get(len(number), (4, 4, 4, 4, len(number) - 16))
    told, at = [], 0
    for length in lengths:
        told.append(number[at : at + length])
        at += length
    return by.join(told)


FORMS: dict[str, Callable[[str], str]] = {
    "whole": str,
    "spaced": lambda number: grouped(number, " "),
    "dashed": lambda number: grouped(number, "-"),
    "dotted": lambda number: grouped(number, "."),
    "slashed": lambda number: grouped(number, "/"),
    "underscored": lambda number: grouped(number, "_"),
    "for an address": lambda number: quote(grouped(number, " ")),
    "as a form sends it": lambda number: grouped(number, "+"),
    "spaces that do not break": lambda number: grouped(number, "\u00a0"),
    "full width": lambda number: number.translate(WIDE),
    "arabic": lambda number: number.translate(ARABIC),
    "joined by nothing": "\u200d".join,
}
AROUND = ["{}", "card {}.", "({})", '"{}"', "pan={};", "{}, {}", "{} {}", "+33 6 {}"]
