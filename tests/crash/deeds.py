"""What merchants do with payments, so that every kind of event is announced."""

from uuid import uuid4

from tests.stack.cards import fresh_card

from .till import Order, Till

APPROVED, DECLINED, SMALL = 25_000, 50_000, 5_000
MANUAL = "POS-04"
"""Its merchant captures when he wants to."""


async def buy(till: Till):
    """A payment that is captured by itself, and settled."""
    await till.pays(Order(APPROVED))


async def let_go(till: Till):
    """A payment that its merchant voids: the bank lets go of its hold."""
    paid = await till.pays(Order(APPROVED, MANUAL))
    await till.moves(paid, "voids", {}, f"void-{uuid4()}")


async def give_back(till: Till):
    """A payment that is captured in part, and given back in part."""
    paid = await till.pays(Order(APPROVED, MANUAL))
    await till.moves(paid, "captures", {"amount": 20_000}, f"capture-{uuid4()}")
    await till.moves(paid, "refunds", {"amount": 5_000}, f"refund-{uuid4()}")


async def arouse_suspicion(till: Till):
    """A card that is refused twice: fraud says so."""
    number = fresh_card()
    for _ in range(2):
        await till.pays(Order(DECLINED, number=number))


async def be_caught(till: Till) -> list[str]:
    """A card that turns RED with two payments open, which are voided; their keys."""
    number = fresh_card()
    kept = [Order(APPROVED, MANUAL, number) for _ in range(2)]
    for order in (*kept, *(Order(DECLINED, number=number) for _ in range(4))):
        await till.pays(order)
    return [order.key for order in kept]
