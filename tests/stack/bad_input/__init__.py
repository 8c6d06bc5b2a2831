"""Bad input as a table: each case with the answer that is documented for it."""

from . import bodies, cards, fields, headers, later, lists, paths
from .case import Case

CASES: list[Case] = [
    *bodies.CASES,
    *cards.CASES,
    *fields.CASES,
    *headers.CASES,
    *later.CASES,
    *lists.CASES,
    *paths.CASES,
]
