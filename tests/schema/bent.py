"""Puts real things into what was made up, so that not every answer is a 404 or 422.

Only requests that fit the document are bent: one that is to be refused stays as it is.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from uuid import uuid4

RULES = {
    "INACTIVE_POS": "terminals are data",
    "INVALID_CARD_NUMBER": "the check digit is arithmetic",
    "CURRENCY_NOT_TAKEN": "currencies are the merchant's",
    "AMOUNT_TOO_LARGE": "the sum is the payment's",
    "amount_exceeds_authorised": "the sum is the hold's",
    "card_number": "no word that is kept may hold a card number",
    "reused": "a key is one wish's",
    "idempotency-key-reused": "a key is one wish's",
}
"""What no schema can tell, and why: the request fits the document, and is refused."""

PATIENT_MS = "3000"
"""What any other number of milliseconds becomes: 2 end in a 504, as documented."""

CREDENTIALS = "POST /oauth/token"
"""Takes secrets that nobody makes up by chance; and says so in RFC 6749's words."""

SAME_AGAIN = 3
"""Every so many-th request keeps the key that was made up: a retry, or a reuse."""


@dataclass
class Bent:
    """The real things; they are taken in turn, so that a run can be repeated."""

    payments: Sequence[str] = ()
    merchants: Sequence[str] = ("M-01", "M-02")
    cards: Sequence[str] = ()
    tokens: Sequence[str] = ()
    terminals: Sequence[str] = ("POS-01", "POS-02", "POS-04")
    more: dict[str, Sequence[str]] = field(default_factory=dict)
    """Other names of the path, and what exists there."""
    reserved: dict[str, Sequence[str]] = field(default_factory=dict)
    """Payments that one operation alone is given: no other moves them before it does."""
    _turn: Iterator[int] = field(default_factory=count)

    def bend(self, case: Any) -> None:
        """Put real things into every other request that fits the document."""
        if str(case.headers.get("Request-Timeout-Ms", "")).isdecimal():
            case.headers["Request-Timeout-Ms"] = PATIENT_MS
        if case.meta is None or not case.meta.generation.mode.is_positive:
            return
        turn = next(self._turn)
        _whole(case.body)
        if turn % SAME_AGAIN and "Idempotency-Key" in case.headers:
            case.headers["Idempotency-Key"] = uuid4().hex
        if turn % 2:
            self._paths(case, turn)
            self._body(case.body, turn)

    def _paths(self, case: Any, turn: int) -> None:
        payments = self.reserved.get(case.operation.label, self.payments)
        named = {
            "payment_id": payments,
            "merchant_id": self.merchants,
            "card_token": self.tokens,
            **self.more,
        }
        for place in (case.path_parameters, case.query):
            for name in place or ():
                if known := named.get(name):
                    place[name] = known[turn // 2 % len(known)]

    def _body(self, body: Any, turn: int) -> None:
        if not isinstance(body, dict):
            return
        if "card_token" in body and self.tokens:
            body["card_token"] = self.tokens[turn // 2 % len(self.tokens)]
        if "pos_id" in body and isinstance(body.get("card"), dict):
            body["pos_id"] = self.terminals[turn // 2 % len(self.terminals)]
            body["currency"] = "EUR"
            body["card"]["number"] = self.cards[turn // 2 % len(self.cards)]
            body["card"]["expiry"] = "12/30"


def is_our_rule(failure: Any, case: Any, response: Any) -> bool:
    """A request that fits the document was refused by a rule, and said by which."""
    if type(failure).__name__ != "RejectedPositiveData":
        return False
    if case.operation.label == CREDENTIALS:
        return True
    kind = response.headers.get("content-type", [""])[0]
    if kind != "application/problem+json":
        return False
    problem = response.json()
    said = {problem["code"], *(each["code"] for each in problem.get("errors", ()))}
    return not said.isdisjoint(RULES)


def _whole(part: Any) -> None:
    """10.0 is an integer to JSON Schema; an amount has no fraction, not even none."""
    if not isinstance(part, dict | list):
        return
    for at, value in list(part.items() if isinstance(part, dict) else enumerate(part)):
        if isinstance(value, float) and value.is_integer():
            part[at] = int(value)
        else:
            _whole(value)
