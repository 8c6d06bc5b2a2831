"""What is real on the stack, for requests that are to find something."""

from typing import Any
from uuid import uuid4

import pytest

from apps.kit.auth import SCOPES
from native.backends import client
from tests.stack.cards import card, fresh_card
from tests.stack.minting import Mint
from tests.stack.stack import SERVICES

from .bent import Bent

CARDS = 12
MOVES = {
    "captures": "manual",
    "voids": "manual",
    "refunds": "automatic",
}
"""What moves a payment, and how those are captured that it can move.

Their cards are theirs alone: what is authorised with a card goes back when it turns RED.
"""
CALM = [
    ("payments", "/ops/breakers/bank", {"state": "auto", "reason": "tests are over"}),
    ("payments", "/ops/breakers/fraud", {"state": "auto", "reason": "tests are over"}),
    *(
        (name, f"{prefix}/ops/log-level", {"level": "info", "reason": "tests are over"})
        for name in SERVICES
        for prefix in ["/api/v1" if name == "gateway" else ""]
    ),
    ("notifications", "/demo/webhooks/behaviour", {"status": 204, "delay_ms": 0}),
]
"""What was set by whoever asked anything at all is set back."""


@pytest.fixture(scope="session")
def token(stack) -> str:
    """Somebody who may do everything, for every merchant."""
    return Mint.of(stack.instance).token(SCOPES)


@pytest.fixture(scope="session")
def bent(stack, token) -> Bent:
    """Payments in several states, the cards behind them, and holds at the bank."""
    numbers = [fresh_card() for _ in range(CARDS)]
    bodies = [
        _paid(stack, number, amount, how)
        for number in numbers
        for amount, how in ((9_000, "manual"), (25_000, "automatic"))
    ]
    tokens = sorted({body["card"]["token"] for body in bodies})
    return Bent(
        payments=[body["payment_id"] for body in bodies],
        cards=numbers,
        tokens=tokens,
        more={
            "authorisation_id": [held(stack, token, each) for each in tokens],
            "name": ["payments", "bank", "balances", "fraud"],
        },
        reserved={
            f"POST {prefix}/payments/{{payment_id}}/{move}": [
                _paid(stack, fresh_card(), 9_000, how)["payment_id"] for _ in range(6)
            ]
            for move, how in MOVES.items()
            for prefix in ("", "/api/v1")
        },
    )


def _paid(stack, number, amount, how) -> dict[str, Any]:
    """A payment that was accepted."""
    answer = stack.gateway.pay(amount, card=card(number), capture=how)
    assert answer.status_code == 201
    body: dict[str, Any] = answer.json()
    assert body["status"] in {"authorised", "captured"}, body
    return body


def held(stack, token, card_token) -> str:
    """A hold at the bank that no payment knows of."""
    asked = {
        "request_id": str(uuid4()),
        "merchant_id": "M-01",
        "card_token": card_token,
        "amount": 25_000,
        "currency": "EUR",
    }
    with client(5.0, Authorization=f"Bearer {token}") as http:
        url = stack.ports.url("BANK_PORT")
        answer = http.post(f"{url}/authorisations", json=asked)
    return str(answer.json()["authorisation_id"])


@pytest.fixture(scope="module", autouse=True)
def calm(stack, token):
    """The stack is others' afterwards."""
    yield
    with client(5.0, Authorization=f"Bearer {token}") as http:
        for service, path, body in CALM:
            url = stack.ports.url(f"{service.upper()}_PORT")
            assert http.put(f"{url}{path}", json=body).status_code == 200
