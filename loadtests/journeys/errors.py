"""Two dozen ways to ask wrongly, and the one right answer to each."""

import json
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from loadtests import judging
from loadtests.cards import BAD, fresh
from loadtests.history import KEY
from loadtests.judging import NOBODY, TILL, Question
from loadtests.orders import PAYMENTS, below_the_floor, order
from loadtests.tokens import MERCHANT

NO_PAYMENT = "0193f0f0-0000-7000-8000-000000000000"
INVALID = 422, "validation-failed"
UNREADABLE = 400, "malformed-json"
ASKED_WRONGLY = 400, "validation-failed"


@dataclass(frozen=True, slots=True)
class Bad:
    """One way to err; the order is right but for what it says."""

    name: str
    right: tuple[int, str]
    order: Mapping[str, Any] = field(default_factory=dict)
    """Fields that are changed; `number` is the card's."""
    text: str = "{order}"
    """The body as it is sent."""
    headers: Mapping[str, str] = field(default_factory=dict)
    without: str = ""
    """A header that is left out."""
    method: str = "POST"
    path: str = PAYMENTS
    client: str = TILL


WAYS = (
    Bad("mistype a card", INVALID, {"number": BAD}),
    Bad("too little", INVALID, {"amount": judging.LEAST - 1}),
    Bad("half a cent", INVALID, {"amount": 10.5}),
    Bad("an amount in words", INVALID, {"amount": "10,00 EUR"}),
    Bad("no amount", INVALID, {"amount": None}),
    Bad("an unknown currency", INVALID, {"currency": "euro"}),
    Bad("an unknown terminal", INVALID, {"pos_id": "POS-99"}),
    Bad("an unknown field", INVALID, {"surprise": 1}),
    Bad("a faulty expiry", INVALID, {"expiry": "13/30"}),
    Bad("an array of orders", INVALID, text="[{order}]"),
    Bad("half a body", UNREADABLE, text="{order_cut}"),
    Bad("an amount twice", UNREADABLE, text="{order_twice}"),
    Bad("no JSON", UNREADABLE, text="number={number}"),
    Bad(
        "another type",
        (415, "unsupported-media-type"),
        headers={"Content-Type": "text/plain"},
    ),
    Bad("too long a body", (413, "payload-too-large"), text="{order_long}"),
    Bad("no key", (400, "idempotency-key-missing"), without=KEY),
    Bad("a short key", (400, "idempotency-key-malformed"), headers={KEY: "short"}),
    Bad("a faulty hurry", ASKED_WRONGLY, headers={"Request-Timeout-Ms": "3s"}),
    Bad("no token", (401, "unauthenticated"), client=NOBODY),
    Bad(
        "a false token", (401, "unauthenticated"), headers={"Authorization": "Bearer x"}
    ),
    Bad("no such method", (405, "method-not-allowed"), method="DELETE"),
    Bad("a list too long", ASKED_WRONGLY, method="GET", path=f"{PAYMENTS}?limit=101"),
    Bad("an id that is none", ASKED_WRONGLY, method="GET", path=f"{PAYMENTS}/none"),
    Bad(
        "a payment of nobody",
        (404, "not-found"),
        method="GET",
        path=f"{PAYMENTS}/{NO_PAYMENT}",
    ),
    Bad(
        "what one may not",
        (403, "forbidden"),
        method="GET",
        path=f"{PAYMENTS}/{NO_PAYMENT}/events",
        client=MERCHANT,
    ),
)


def asked(bad: Bad, chance: random.Random) -> Question:
    """The question, and the one right answer to it."""
    number = bad.order.get("number") or fresh(chance)
    status, code = bad.right
    judge = judging.refused(status, code, secret=number)
    headers = {KEY: uuid4().hex, "Content-Type": "application/json", **bad.headers}
    headers.pop(bad.without, None)
    raw = (
        _written(bad, number, below_the_floor(chance)) if bad.method == "POST" else None
    )
    if raw is None:
        headers = {}
    return Question(
        f"err: {bad.name}",
        bad.method,
        bad.path,
        judge,
        headers,
        client=bad.client,
        raw=raw,
    )


def _written(bad: Bad, number: str, amount: int) -> bytes:
    changes = {k: v for k, v in bad.order.items() if k not in {"number", "expiry"}}
    body = order(number, amount) | changes
    body["card"]["expiry"] = bad.order.get("expiry", body["card"]["expiry"])
    text = json.dumps(body)
    forms = {
        "{order}": text,
        "{order_cut}": text[:-2],
        "{order_twice}": text[:-1] + ', "amount": 20}',
        "{order_long}": text + " " * 66_000,
        "{number}": number,
    }
    written = bad.text
    for form, meant in forms.items():
        written = written.replace(form, meant)
    return written.encode()
