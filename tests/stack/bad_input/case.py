"""One case: the bytes that are sent, and what is to come back."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from native.gateway import PAYMENTS, order

JSON = "application/json"

CANARY = "4929-canary-3310"
"""A word that no answer, line, span or row may hold."""

CVV = "cvv-7713"
"""A security code, wherever somebody might put one."""

PLANTED = "5204467731902460"
"""A card number that is right in every digit, and sent where none belongs."""

FAULTY = "5204467731902461"
"""The same with a wrong check digit."""

Written = str | bytes | None | list[str] | Callable[[str], "Written"]
"""A header's value; None leaves a usual header out, a list sends it so many times.
What is called is given the token that is good."""


@dataclass(frozen=True, slots=True)
class Case:
    """A request, and its documented answer; `code` is None where it is no problem."""

    id: str
    status: int
    code: str | None = None
    method: str = "POST"
    path: str = PAYMENTS
    headers: Mapping[str, Written] = field(default_factory=dict)
    body: bytes = b""
    pointers: frozenset[str] | None = None
    """The faulty fields that the problem names, all of them."""
    is_chunked: bool = False


def ordered(id: str, *pointers: str, **changes: Any) -> Case:
    """An order with changes that make these fields faulty."""
    body = json.dumps(order(**changes)).encode()
    return faulty(id, body, *pointers)


def faulty(
    id: str, body: bytes, *pointers: str, path: str = PAYMENTS, **more: Any
) -> Case:
    """A body that is JSON, and has faulty fields."""
    named = frozenset(pointers) if pointers else None
    return Case(
        id, 422, "validation-failed", path=path, body=body, pointers=named, **more
    )


def taken(id: str, **changes: Any) -> Case:
    """An order that looks odd and is in order."""
    return Case(id, 201, body=json.dumps(order(**changes)).encode())


def good() -> bytes:
    """A body with nothing wrong in it."""
    return json.dumps(order()).encode()


def without(*names: str, **changes: Any) -> bytes:
    """An order that lacks these fields."""
    rest = {key: value for key, value in order().items() if key not in names}
    return json.dumps(rest | changes).encode()
