"""What is real on the stack, for requests that are to find something."""

import pytest

from tests.stack.cards import card, fresh_card

from .bent import Bent


@pytest.fixture(scope="session")
def bent(stack) -> Bent:
    """Payments in several states, the cards behind them, and their tokens."""
    numbers = [fresh_card() for _ in range(6)]
    paid = [
        stack.gateway.pay(amount, card=card(number), capture=how)
        for number in numbers
        for amount, how in ((9_000, "manual"), (25_000, "automatic"))
    ]
    assert {answer.status_code for answer in paid} == {201}
    bodies = [answer.json() for answer in paid]
    return Bent(
        payments=[body["payment_id"] for body in bodies],
        cards=numbers,
        tokens=sorted({body["card"]["token"] for body in bodies}),
        more={
            "name": ["payments", "balances"],
            "letter_id": ["1"],
            "step": ["capture"],
        },
    )
