"""Captures, voids and refunds, references and capture methods, asked for wrongly."""

import json
from typing import Any

from native.gateway import PAYMENTS

from .case import CANARY, CVV, FAULTY, PLANTED, Case, faulty, ordered, taken, without
from .paths import UNKNOWN

AUTHORISED = f"{PAYMENTS}/{{authorised}}"
CAPTURED = f"{PAYMENTS}/{{captured}}"
DECLINED = f"{PAYMENTS}/{{declined}}"
STEPS = ("captures", "voids", "refunds")


def written(body: Any) -> bytes:
    return json.dumps(body).encode()


def step(id: str, path: str, body: Any, *pointers: str) -> Case:
    return faulty(id, written(body), *pointers, path=path)


def refused(id: str, status: int, code: str, path: str, body: bytes = b"{}") -> Case:
    return Case(id, status, code, path=path, body=body)


AMOUNTS: dict[str, Any] = {
    "minus one": -1,
    "zero": 0,
    "a half": 10.5,
    "text": "10",
    "true": True,
    "2^63": 2**63,
    "an array": [10],
    "an object": {"cents": 10},
    "a card number": int(PLANTED),
    "the canary": CANARY,
}

WRONG_AMOUNTS = [
    step(
        f"{name}: the amount is {id}", f"{place}/{name}", {"amount": amount}, "/amount"
    )
    for name, place in (("captures", AUTHORISED), ("refunds", CAPTURED))
    for id, amount in AMOUNTS.items()
]

WRONG_BODIES = [
    case
    for name in STEPS
    for case in (
        step(f"{name}: an array", f"{AUTHORISED}/{name}", [1], ""),
        step(f"{name}: a number", f"{AUTHORISED}/{name}", int(PLANTED), ""),
        step(f"{name}: an unknown field", f"{AUTHORISED}/{name}", {CANARY: 1}, "/?"),
        step(f"{name}: a CVV", f"{AUTHORISED}/{name}", {"cvv": CVV}, "/?"),
        refused(
            f"{name}: no JSON", 400, "malformed-json", f"{AUTHORISED}/{name}", b"{"
        ),
        refused(
            f"{name}: a name twice",
            400,
            "malformed-json",
            f"{AUTHORISED}/{name}",
            b'{"amount": 10, "amount": 20}',
        ),
        refused(
            f"{name}: no id", 400, "validation-failed", f"{PAYMENTS}/{CANARY}/{name}"
        ),
        refused(
            f"{name}: a card number for an id",
            400,
            "validation-failed",
            f"{PAYMENTS}/{PLANTED}/{name}",
        ),
        refused(
            f"{name}: a payment of nobody",
            404,
            "not-found",
            f"{PAYMENTS}/{UNKNOWN}/{name}",
        ),
        Case(
            f"{name}: no key",
            400,
            "idempotency-key-missing",
            path=f"{AUTHORISED}/{name}",
            headers={"Idempotency-Key": None},
            body=b"{}",
        ),
        Case(
            f"{name}: half a key",
            400,
            "idempotency-key-malformed",
            path=f"{AUTHORISED}/{name}",
            headers={"Idempotency-Key": "half"},
            body=b"{}",
        ),
        Case(
            f"{name}: no token",
            401,
            "unauthenticated",
            path=f"{AUTHORISED}/{name}",
            headers={"Authorization": None},
            body=b"{}",
        ),
        Case(
            f"{name}: another type",
            415,
            "unsupported-media-type",
            path=f"{AUTHORISED}/{name}",
            headers={"Content-Type": "text/xml"},
            body=b"<a/>",
        ),
        Case(
            f"{name}: another method",
            405,
            "method-not-allowed",
            "PUT",
            f"{AUTHORISED}/{name}",
        ),
    )
]

WRONG_STATES = [
    refused("captures: declined", 409, "invalid-state", f"{DECLINED}/captures"),
    refused("captures: captured already", 409, "invalid-state", f"{CAPTURED}/captures"),
    refused("voids: declined", 409, "invalid-state", f"{DECLINED}/voids"),
    refused("voids: captured", 409, "invalid-state", f"{CAPTURED}/voids"),
    refused("refunds: declined", 409, "invalid-state", f"{DECLINED}/refunds"),
    refused("refunds: not captured yet", 409, "invalid-state", f"{AUTHORISED}/refunds"),
    refused(
        "captures: more than is authorised",
        422,
        "amount-exceeds-authorised",
        f"{AUTHORISED}/captures",
        written({"amount": 25_001}),
    ),
    step("voids: an amount", f"{AUTHORISED}/voids", {"amount": 10}, "/?"),
]


def reference(id: str, word: Any) -> Case:
    return ordered(f"reference: {id}", "/merchant_reference", merchant_reference=word)


REFERENCES = [
    reference("a card number", PLANTED),
    reference("a card number with dashes", "5204-4677-3190-2460"),
    reference("a card number with points", "5204.4677.3190.2460"),
    reference("a card number with colons", "5204:4677:3190:2460"),
    reference("a card number behind a word", f"order-{PLANTED}"),
    reference("a card number within a word", f"order{PLANTED}x"),
    reference("a card number and its expiry", f"{PLANTED}/12/30"),
    reference("a card number behind a number", f"4711-{PLANTED}"),
    reference("a card number with spaces", "5204 4677 3190 2460"),
    reference("nothing", ""),
    reference("a space", "order 4711"),
    reference("65 signs", "r" * 65),
    reference("10,000 signs", "r" * 10_000),
    reference("a line break behind", "order-4711\n"),
    reference("a zero byte", "order\x00"),
    reference("full-width digits", "\uff14\uff17\uff11\uff11"),
    reference("a zero-width joiner", "order\u200d4711"),
    reference("lines for a log", 'x\n{"level":"error"}'),
    reference("colours for a terminal", "\x1b[31m"),
    reference("a script", "<script>1</script>"),
    reference("SQL", "'; DROP TABLE payment;--"),
    reference("a number", 4711),
    reference("an array", ["order-4711"]),
    reference("an object", {"id": 1}),
]

CAPTURES = [
    ordered(f"capture method: {id}", "/capture", capture=word)
    for id, word in {
        "a word of nobody": CANARY,
        "in capitals": "MANUAL",
        "nothing": "",
        "true": True,
        "a number": 1,
        "a card number": PLANTED,
        "an array": ["manual"],
    }.items()
]

READS = [
    Case(
        "events: no id", 400, "validation-failed", "GET", f"{PAYMENTS}/{CANARY}/events"
    ),
    Case(
        "events: a payment of nobody",
        404,
        "not-found",
        "GET",
        f"{PAYMENTS}/{UNKNOWN}/events",
    ),
    Case(
        "events: another method",
        405,
        "method-not-allowed",
        "POST",
        f"{PAYMENTS}/{UNKNOWN}/events",
        body=b"{}",
    ),
    Case(
        "events: no token",
        401,
        "unauthenticated",
        "GET",
        f"{AUTHORISED}/events",
        headers={"Authorization": None},
    ),
    Case(
        "points of sale: another method",
        405,
        "method-not-allowed",
        "POST",
        "/api/v1/pos",
        body=b"{}",
    ),
    Case(
        "points of sale: no token",
        401,
        "unauthenticated",
        "GET",
        "/api/v1/pos",
        headers={"Authorization": None},
    ),
    Case("cards: another method", 405, "method-not-allowed", "DELETE", "/api/v1/cards"),
    Case(
        "cards: no token",
        401,
        "unauthenticated",
        "GET",
        "/api/v1/cards",
        headers={"Authorization": None},
    ),
    Case(
        "cards: one by its number", 404, "not-found", "GET", f"/api/v1/cards/{PLANTED}"
    ),
    Case(
        "cards: one by a faulty number",
        404,
        "not-found",
        "GET",
        f"/api/v1/cards/{FAULTY}",
    ),
    Case(
        "cards: a number in the query",
        200,
        None,
        "GET",
        f"/api/v1/cards?number={PLANTED}",
    ),
]

TAKEN = [
    taken("capture method: null", capture=None),
    taken("reference: null", merchant_reference=None),
    taken("capture method: manual", capture="manual"),
    Case("capture method: none is named", 201, body=without("capture")),
]

CASES = [
    *WRONG_AMOUNTS,
    *WRONG_BODIES,
    *WRONG_STATES,
    *REFERENCES,
    *CAPTURES,
    *READS,
    *TAKEN,
]
